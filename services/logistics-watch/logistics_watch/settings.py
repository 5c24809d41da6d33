"""Every knob of logistics-watch."""

from datetime import timedelta

from pydantic import Field

from logistics_watch.domain.stalls import Stalls
from shared.settings import ServiceSettings, config


class Settings(ServiceSettings):
    """The service's settings; spans as ISO 8601 durations (`PT72H`) or seconds."""

    model_config = config("LOGISTICS_WATCH_")

    stall_label_created: timedelta = timedelta(days=4)
    """Longest silence before the carrier has the parcel; long enough for a weekend."""
    stall_accepted: timedelta = timedelta(days=4)
    """Longest silence after the carrier took it."""
    stall_in_transit: timedelta = timedelta(days=6)
    """Longest silence under way; sea and economy mail are silent for days."""
    stall_customs: timedelta = timedelta(hours=72)
    """Longest silence at customs, held or not."""
    stall_out_for_delivery: timedelta = timedelta(hours=36)
    """Longest silence after it went out for delivery."""
    stall_available_for_pickup: timedelta = timedelta(days=5)
    """Longest silence at a pick-up point; most keep a parcel for a week."""
    stall_attempt_failed: timedelta = timedelta(days=4)
    """Longest silence after a failed delivery."""
    stall_exception: timedelta = timedelta(days=4)
    """Longest silence after a delay or another exception that is not of customs."""
    stall_returning: timedelta = timedelta(days=14)
    """Longest silence on the way back to the sender."""

    aggregator_timeout: timedelta = timedelta(seconds=10)
    """Time for one call of the aggregator, connecting included."""
    registration_slots: int = Field(default=8, ge=1, le=20)
    """Registrations under way at once; AfterShip allows 20 a second for each account."""
    registration_longest_pause: timedelta = timedelta(minutes=10)
    """Longest pause between two tries to register a number."""
    registration_gives_up: timedelta = timedelta(hours=24)
    """After so long without an answer the customer gets his shipping notice unwatched."""

    requests_kept: timedelta = timedelta(days=30)
    """How long webhooks are kept as they came."""
    scans_kept: timedelta = timedelta(days=400)
    """How long scans are kept."""

    stream_http_port: int = 0
    """Port of the probes and metrics of the `stream` process; 0 takes a free one and logs it."""
    stream_batch: int = Field(default=500, ge=1, le=500)
    """Most scans in one transaction."""
    stream_within: timedelta = timedelta(milliseconds=50)
    """Longest wait for a batch to fill; half of it is added to the latency of a lone scan."""
    stream_wait_empty: bool = True
    """Let the batch at hand finish on a stop. False loses it (tests/logistics_watch show it)."""

    def stalls(self) -> Stalls:
        """The stall times as the domain takes them."""
        return Stalls(
            label_created=self.stall_label_created,
            accepted=self.stall_accepted,
            in_transit=self.stall_in_transit,
            customs=self.stall_customs,
            out_for_delivery=self.stall_out_for_delivery,
            available_for_pickup=self.stall_available_for_pickup,
            attempt_failed=self.stall_attempt_failed,
            exception=self.stall_exception,
            returning=self.stall_returning,
        )
