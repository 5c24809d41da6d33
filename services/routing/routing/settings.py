"""Every knob of routing."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr

from shared.settings import ServiceSettings, config


class Settings(ServiceSettings):
    """Routing's own knobs beside those that every service has."""

    model_config = config("ROUTING_")

    team_file: Path | None = Field(
        default=None, validation_alias=AliasChoices("team_file", "TEAM_FILE", "ROUTING_TEAM_FILE")
    )
    """team.yaml: imported at start when it has changed since it was imported last."""
    heartbeat_every: timedelta = timedelta(seconds=20)
    """How often an agent's console is to be heard of."""
    heartbeat_timeout: timedelta = timedelta(seconds=60)
    """After this silence an agent present by heartbeat counts as gone, and his work waits again."""
    shift_ending_before: timedelta = timedelta(minutes=15)
    """How long before the end of a shift ShiftEnding is said."""
    desks_sweep: timedelta = timedelta(seconds=5)
    """How often is looked for who has left and whose shift ends; for what was snoozed, twice a
    second."""
    promises_file: Path | None = None
    """promises.yaml: promises by store, channel, language and priority; the first that fits, those
    that name the priority before the others."""
    demands_file: Path | None = None
    """demands.yaml: skills that conversations need by intent, priority, store, channel; all rows
    that fit."""
    hours_file: Path | None = None
    """hours.yaml: when which desk is open; without it Monday to Friday 9 to 18 at the store."""
    promise_chat: timedelta = timedelta(seconds=30)
    """Within which an answer in live chat is promised; sooner for what is high or urgent, later for
    what is low."""
    promise_messaging: timedelta = timedelta(minutes=15)
    """Within which one by WhatsApp and its like is promised; sooner for what is high or urgent,
    later for what is low."""
    promise_mail: timedelta = timedelta(hours=24)
    """Within which one by mail is promised, in business hours; sooner for what is high, later for
    what is low; sooner still, and in plain time, for what is urgent."""
    high_values: dict[str, int] = Field(default_factory=dict)
    """From which total on an order presses, in minor units: by currency or, for its own orders in
    its own currency, by store: {"EUR": 50000, "aurora": 20000}; 0 is never, else about 500 EUR."""
    late_cap: float = Field(default=4.0, ge=1.0)
    """After this many times its promise a conversation goes before all others."""
    reopen_within: timedelta = timedelta(days=7)
    """A customer who writes this soon after the end gets the same conversation again."""
    due_soon_share: float = Field(default=0.2, gt=0.0, lt=1.0)
    """How much of a promise is left when it is said that the answer is due soon."""
    escalate_after: timedelta = timedelta(minutes=5)
    """After how long without an acknowledgement an escalation goes one level higher; in business
    hours, where the promise is."""
    acknowledged_for: timedelta = timedelta(minutes=30)
    """After how long without an answer an acknowledged escalation goes higher all the same; in
    business hours, where the promise is."""
    on_call_url: str | None = None
    """Webhook of whoever is on call, the last level; without it nobody is called."""
    on_call_secret: SecretStr = SecretStr("")
    """What calls to it are signed with (Standard Webhooks, whsec_…)."""
    acceptance: Literal["auto", "offer"] = "auto"
    """Whether an agent has a conversation at once, or is asked first; the team file may differ."""
    offer_chat: timedelta = timedelta(seconds=20)
    """How long an agent has to take up a live chat that he is offered."""
    offer_messaging: timedelta = timedelta(minutes=2)
    """How long he has to take up a conversation by WhatsApp and its like."""
    offer_mail: timedelta = timedelta(minutes=10)
    """How long he has to take up a conversation by mail."""
    ask_again_after: timedelta = timedelta(minutes=2)
    """How long who let a conversation pass, or gave it back, is not asked for it again."""
    sweep: timedelta = timedelta(seconds=0.5)
    """How often is looked at what waits, at promises, offers and the team, without being woken."""
    keep_decisions: timedelta = timedelta(days=30)
    """For how long decisions are kept with all that they stood on, to be replayed."""
    batch: int = Field(default=50, ge=1, le=500)
    """Conversations assigned in one transaction at most."""
    weight_scarcity: float = 1.0
    """What an agent's other languages count against him, by how few speak them."""
    weight_region: float = 1.0
    """What it counts that the agent sits in another part of the world than the customer."""
    other_country: float = Field(default=0.25, ge=0.0, le=1.0)
    """Which share of that another country of the same part counts."""
    weight_time_zone: float = 0.5
    """What twelve hours between the customer's clock and the agent's count."""
    weight_shift_end: float = 3.0
    """What a shift at its very end counts."""
    weight_occupancy: float = 1.0
    """What a full desk counts."""
    weight_fluency: float = 0.2
    """What each level below 5 in the language counts."""
    weight_closeness: float = 1.0
    """What it counts to answer in a language that is only near the customer's, by how near."""
    weight_lead: float = 2.0
    """What it counts that the agent is a lead."""
    weight_known: float = 1.0
    """What it counts in an agent's favour that he had this customer before."""
    shift_end_near: timedelta = timedelta(minutes=30)
    """From when on the end of a shift counts."""
    last_call: timedelta = timedelta(minutes=5)
    """How long before the end of his shift an agent begins nothing that can wait."""
    last_call_after: float = Field(default=0.5, ge=0.0)
    """Share of the promise from which a conversation can no longer wait for another agent."""
    kept_free: float = Field(default=2.5, ge=0.0)
    """What a fallback leaves free in each of an agent's languages, in units, times the square root
    of how many are there who answer in it; less by each tenth of the promise."""
    kept_share: float = Field(default=1 / 3, ge=0.0, le=1.0)
    """The most of that, as a share of the room of those who are there; 1 is no limit."""
    second_language_after: float = Field(default=0.0, ge=0.0)
    """Share of the promise from which, with nobody free, the second language is tried."""
    english_after: float = Field(default=0.0, ge=0.0)
    """Share of the promise from which English with a translation is tried; inf is never."""
    nearest_after: float = Field(default=0.0, ge=0.0)
    """Share of the promise from which a language is tried that the customer can read."""
    any_translated_after: float = Field(default=0.5, ge=0.0)
    """Share of the promise from which whoever has room is tried, who translates into a language of
    his own; inf is never."""
    lead_after: float = Field(default=0.9, ge=0.0)
    """Share of the promise from which a lead is tried, whatever he speaks."""
    off_shift_until: float = Field(default=0.0, ge=0.0)
    """Share of the promise until which who speaks the language, but is off shift, is waited for."""
    own_first_after: float = Field(default=0.0, ge=0.0)
    """Share of the promise from which work in an agent's own language goes before a fallback."""
    mail_english_after: float = Field(default=0.9, ge=0.0)
    """`english_after` for mail, which has hours to wait for who speaks its language."""
    mail_nearest_after: float = Field(default=0.9, ge=0.0)
    """`nearest_after` for mail."""
    mail_any_translated_after: float = Field(default=0.9, ge=0.0)
    """`any_translated_after` for mail."""
    mail_off_shift_until: float = Field(default=0.0, ge=0.0)
    """`off_shift_until` for mail; 0.9 spares customers translations where hours are no matter."""
    mail_own_first_after: float = Field(default=0.8, ge=0.0)
    """`own_first_after` for mail."""
    min_level: int = Field(default=3, ge=1, le=5)
    """Level from which an agent answers in a language."""
