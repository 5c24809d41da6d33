"""What the business wants counted about returns. Labels are closed sets."""

from prometheus_client import Counter, Gauge

opened = Counter(
    "meridian_returns_opened_total",
    "Cases opened, by kind of reason and what became of them at once.",
    ["reason", "outcome"],
)
refund_attempts = Counter(
    "meridian_returns_refund_attempts_total",
    "Calls to a shop for a refund, by outcome: paid, unknown (will be repeated), refused.",
    ["outcome"],
)
refunds_unpaid = Gauge(
    "meridian_returns_unpaid_refunds",
    "Refunds ordered and not paid: due (tried again by itself), failed (a person must look).",
    ["state"],
)
cases_overdue = Gauge(
    "meridian_returns_overdue_cases",
    "Open cases whose statutory deadline for the refund has passed.",
)
