"""What is counted of what customers are told."""

from prometheus_client import Counter, Gauge, Histogram

sent = Counter(
    "meridian_notifications_sent_total",
    "Notifications that the next server or vendor took.",
    ["channel", "template"],
)
failed = Counter(
    "meridian_notifications_failed_total",
    "Notifications that will not arrive.",
    ["channel", "template"],
)
suppressed = Counter(
    "meridian_notifications_suppressed_total",
    "Notifications not sent on purpose: late, superseded, no_address, address_bounces, no_order.",
    ["template", "why"],
)
retried = Counter(
    "meridian_notifications_retried_total",
    "Attempts that failed and will be made again.",
    ["channel"],
)
repeated = Counter(
    "meridian_notifications_repeated_total",
    "Attempts made although an earlier one may have succeeded: each may be a second copy.",
    ["channel"],
)
unclaimed = Counter(
    "meridian_receipts_unclaimed_total",
    "Receipts dropped after a day because no notification of ours is known by their ids.",
)
waiting = Gauge("meridian_notifications_waiting_messages", "Notifications due and not yet out.")
oldest = Gauge(
    "meridian_notifications_oldest_age_seconds", "Age of the oldest notification not yet out."
)
pending = Gauge(
    "meridian_notifications_pending_messages",
    "Notices that wait for their order to be heard of.",
)
flow = Histogram(
    "meridian_flow_duration_seconds",
    "From the saying of the fact to the notification that tells it: the lag customers feel.",
    ["story"],
    buckets=(0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600, 86400),
)
