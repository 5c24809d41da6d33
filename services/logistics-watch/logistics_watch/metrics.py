"""What the business wants counted. Labels are closed sets."""

from prometheus_client import Counter, Gauge

webhook_events = Counter(
    "meridian_tracking_events_total",
    "Events in carriers' webhooks: understood, repeated, ignored (another kind), not_understood.",
    ["outcome"],
)
webhook_scans = Counter(
    "meridian_tracking_scans_total",
    "Scans in carriers' webhooks: new, known, not_understood.",
    ["outcome"],
)
unknown_codes = Counter(
    "meridian_tracking_unknown_codes_total",
    "Scans whose vendor code is not in our map; the map needs a look.",
    ["vendor"],
)
registrations = Counter(
    "meridian_shipment_registrations_total",
    "Calls to register a number: watched, existed, refused, retried, given_up.",
    ["outcome"],
)
alarms = Counter(
    "meridian_shipment_alarms_total",
    "Alarms raised: CustomsHeld, DeliveryFailed, ShipmentLost, ShipmentStalled.",
    ["type"],
)
numbers_without_shipment = Gauge(
    "meridian_tracking_numbers_without_shipment",
    "Numbers scanned for more than 24 h that no order of ours has named.",
)
registrations_waiting = Gauge(
    "meridian_shipment_registrations_waiting", "Numbers not yet registered at the aggregator."
)
stream_batches = Counter(
    "meridian_scan_batches_total",
    "Batches of the scan stream: answered, waited (the database was away).",
    ["outcome"],
)
