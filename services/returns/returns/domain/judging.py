"""May these goods come back? The law's clock and the shop's clock, the more generous wins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from returns.domain import reasons
from returns.domain.deadlines import IsDayOff, Period, days_off, end_of, last_day, last_second
from returns.domain.policy import ChangeOfMind, Law, Payer, Policies, Shop, Terms
from returns.domain.reasons import Group
from shared.contracts.returns import Basis


class Why(StrEnum):
    """Stable handles of why a request was declined or needs a person."""

    UNKNOWN_COUNTRY = "unknown_country"
    ORDER_CANCELLED = "order_cancelled"
    DELIVERY_REASON = "delivery_reason"
    OTHER_REASON = "other_reason"
    CUSTOM_MADE = "custom_made"
    NOT_DELIVERED = "not_delivered"
    NO_STATED_TERMS = "no_stated_terms"
    NO_RULE_FOR_FAULTS = "no_rule_for_faults"
    TIME_UNKNOWN = "time_unknown"
    WINDOW_OVER = "window_over"
    NOT_TAKEN_BACK = "not_taken_back"


@dataclass(frozen=True, kw_only=True)
class Request:
    """All that a decision hangs on.

    `country` and `region` are where the goods were delivered, `zone` the buyer's time zone.
    `received_at` is when the last good arrived, None while one is on its way. `told_*` is what the
    buyer was told before he bought, None where the request does not say.
    """

    store_id: str
    country: str | None
    region: str | None
    zone: ZoneInfo
    reason: str
    requested_at: datetime
    placed_at: datetime
    received_at: datetime | None
    has_custom_made: bool = False
    is_order_cancelled: bool = False
    told_of_right: bool | None = None
    told_of_return_cost: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Authorised:
    """It may come back. `closes_at` is when the window ends; None while it has not begun."""

    basis: Basis
    policy: str
    closes_at: datetime | None
    buyer_pays_return: bool
    refunds_delivery: bool = False
    send_by: datetime | None = None
    refund_due: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Declined:
    """Neither law nor terms cover it; the window closed at `closes_at`, where there was one."""

    why: Why
    policy: str
    closes_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NeedsPerson:
    """No rule may decide it."""

    why: Why


Decision = Authorised | Declined | NeedsPerson


@dataclass(frozen=True)
class _Window:
    """When a right ends: `ends_at` None means it has not begun to run."""

    ends_at: datetime | None
    is_open: bool


def judge(request: Request, policies: Policies) -> Decision:
    """Decide a request by the policy file.

    What the file does not know is for a person, and so is every doubt inside a statutory window:
    the system declines only when the law's time is over or the law gives none.
    """
    law = policies.law(request.country)
    if law is None or request.country is None:
        return NeedsPerson(why=Why.UNKNOWN_COUNTRY)
    if request.is_order_cancelled:
        return NeedsPerson(why=Why.ORDER_CANCELLED)
    group = reasons.REASONS[request.reason]
    if group is Group.DELIVERY:
        return NeedsPerson(why=Why.DELIVERY_REASON)
    rights = _Rights(
        request=request,
        law=law,
        shop=policies.shop(request.store_id),
        terms=policies.terms(request.store_id, request.country),
        is_day_off=days_off(
            request.country, request.region, also=law.also_holidays, never=law.never_holidays
        ),
    )
    if group in reasons.NON_CONFORMITY:
        return rights.of_non_conformity()
    return rights.of_change_of_mind(group)


@dataclass(frozen=True, kw_only=True)
class _Rights:
    """One request beside the rows that bear on it."""

    request: Request
    law: Law
    shop: Shop
    terms: Terms | None
    is_day_off: IsDayOff

    def of_change_of_mind(self, group: Group) -> Decision:
        request, law, terms = self.request, self._statute(), self.terms
        by_law = self._window(law.within, law.is_open_before_receipt, self._longer) if law else None
        by_terms = self._terms_window()
        if law and by_law and by_law.is_open:
            if request.has_custom_made and law.exempts_custom_made:
                return NeedsPerson(why=Why.CUSTOM_MADE)
            return self._withdrawal(law, by_law, by_terms)
        if terms and by_terms and by_terms.is_open:
            if request.has_custom_made and not terms.takes_custom_made:
                return Declined(why=Why.CUSTOM_MADE, policy=self._terms_policy(terms))
            return self._by_terms(terms, by_terms)
        if group is Group.OTHER:
            return NeedsPerson(why=Why.OTHER_REASON)
        return self._neither(law, by_law, by_terms)

    def of_non_conformity(self) -> Decision:
        rule = self.law.conformity
        if rule and (window := self._window(rule.within, False)).is_open:
            return Authorised(
                basis=Basis.CONFORMITY,
                policy=self._law_policy(),
                closes_at=window.ends_at,
                buyer_pays_return=False,
            )
        if self.request.received_at is None:
            return NeedsPerson(why=Why.NOT_DELIVERED)
        if self.terms and self.terms.faulty_within:
            by_terms = self._window(self.terms.faulty_within, False)
            if by_terms.is_open:
                return Authorised(
                    basis=Basis.SHOP_POLICY,
                    policy=self._terms_policy(self.terms),
                    closes_at=by_terms.ends_at,
                    buyer_pays_return=False,
                )
        if rule is None:
            return NeedsPerson(why=Why.NO_RULE_FOR_FAULTS)
        if rule.may_outlast:
            return NeedsPerson(why=Why.TIME_UNKNOWN)
        return Declined(why=Why.WINDOW_OVER, policy=self._law_policy(), closes_at=window.ends_at)

    def _statute(self) -> ChangeOfMind | None:
        rule = self.law.change_of_mind
        if rule and rule.yields_to_stated_terms and self.terms:
            return None
        return rule

    def _neither(
        self, law: ChangeOfMind | None, by_law: _Window | None, by_terms: _Window | None
    ) -> Decision:
        if law is None and self.terms is None:
            return NeedsPerson(why=Why.NO_STATED_TERMS)
        ends = [window.ends_at for window in (by_law, by_terms) if window]
        if None in ends:
            return NeedsPerson(why=Why.NOT_DELIVERED)
        known = [end for end in ends if end is not None]
        return Declined(
            why=Why.WINDOW_OVER if known else Why.NOT_TAKEN_BACK,
            policy=self._terms_policy(self.terms) if self.terms else self._law_policy(),
            closes_at=max(known) if known else None,
        )

    def _withdrawal(
        self, law: ChangeOfMind, by_law: _Window, by_terms: _Window | None
    ) -> Authorised:
        """By law, and where the shop's terms also hold, by the better of the two in each point."""
        rows: list[ChangeOfMind | Terms] = [law]
        ends = [by_law.ends_at]
        if self.terms and by_terms and by_terms.is_open:
            rows.append(self.terms)
            ends.append(by_terms.ends_at)
        return Authorised(
            basis=Basis.WITHDRAWAL,
            policy=self._law_policy(),
            closes_at=_latest(ends),
            buyer_pays_return=all(self._buyer_pays(row.pays_return) for row in rows),
            refunds_delivery=law.refunds_delivery,
            send_by=self._best(max, *(row.send_within for row in rows)),
            refund_due=self._best(min, *(row.refund_within for row in rows)),
        )

    def _by_terms(self, terms: Terms, window: _Window) -> Authorised:
        return Authorised(
            basis=Basis.SHOP_POLICY,
            policy=self._terms_policy(terms),
            closes_at=window.ends_at,
            buyer_pays_return=self._buyer_pays(terms.pays_return),
            send_by=self._best(max, terms.send_within),
            refund_due=self._best(min, terms.refund_within),
        )

    def _terms_window(self) -> _Window | None:
        if self.terms is None or self.terms.within is None:
            return None
        if self.terms.counts_from == "purchase":
            return self._since(self.request.placed_at, self.terms.within, None)
        return self._window(self.terms.within, False)

    def _window(
        self, within: Period, is_open_before_receipt: bool, longer: Period | None = None
    ) -> _Window:
        if self.request.received_at is None:
            return _Window(ends_at=None, is_open=is_open_before_receipt)
        return self._since(self.request.received_at, within, longer)

    def _since(self, start: datetime, within: Period, longer: Period | None) -> _Window:
        last = last_day(start.astimezone(self.request.zone).date(), within, self.is_day_off)
        if longer:
            last = last_day(last, longer, self.is_day_off)
        ends_at = end_of(last, self.request.zone)
        return _Window(ends_at=ends_at, is_open=self.request.requested_at < ends_at)

    @property
    def _longer(self) -> Period | None:
        told = _said_or(self.request.told_of_right, self.shop.tells_of_right)
        rule = self.law.change_of_mind
        return rule.longer_if_not_told if rule and not told else None

    def _buyer_pays(self, payer: Payer) -> bool:
        if payer == "buyer_if_told":
            return _said_or(self.request.told_of_return_cost, self.shop.tells_of_return_cost)
        return payer == "buyer"

    def _best(
        self, better: Callable[[list[datetime]], datetime], *periods: Period | None
    ) -> datetime | None:
        """Deadlines counted from the buyer's notice; the one that is better for him."""
        notice = self.request.requested_at.astimezone(self.request.zone).date()
        ends = [
            last_second(end_of(last_day(notice, period, self.is_day_off), self.request.zone))
            for period in periods
            if period
        ]
        return better(ends) if ends else None

    def _law_policy(self) -> str:
        return f"law/{self.request.country}/{self.law.law_version}"

    def _terms_policy(self, terms: Terms) -> str:
        return f"terms/{self.request.store_id}/{self.request.country}/{terms.version}"


def _said_or(said: bool | None, otherwise: bool) -> bool:
    return otherwise if said is None else said


def _latest(ends: list[datetime | None]) -> datetime | None:
    """The latest of some ends; one that has not begun to run is later than all."""
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
