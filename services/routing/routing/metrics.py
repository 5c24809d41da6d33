"""What the business wants counted of routing."""

from prometheus_client import Counter, Gauge, Histogram

conversations_opened = Counter(
    "meridian_conversations_opened_total",
    "Conversations opened, by what opened them: message, alarm, case.",
    ["family", "opened_by"],
)
conversations_assigned = Counter(
    "meridian_conversations_assigned_total",
    "Conversations given to an agent, by the step at which one was found.",
    ["family", "step"],
)
offers = Counter(
    "meridian_offers_total",
    "Offers that were asked of an agent first, by how they ended: accepted, declined, expired.",
    ["family", "outcome"],
)
promises_broken = Counter(
    "meridian_promises_broken_total",
    "Customers who had no answer when it was promised.",
    ["family"],
)
escalations = Counter(
    "meridian_escalations_total",
    "Conversations brought before somebody, by level: agent, lead, region_lead, on_call.",
    ["family", "level"],
)
on_call_calls = Counter(
    "meridian_on_call_calls_total",
    "Attempts to reach whoever is on call, by outcome: taken, failed, given up.",
    ["outcome"],
)
conversations_waiting = Gauge(
    "meridian_conversations_waiting_messages",
    "Conversations that wait for an agent.",
    ["family"],
)
conversations_pending = Gauge(
    "meridian_conversations_pending_oldest_age_seconds",
    "Age of the oldest conversation that waits for its order to be known.",
)
load_drift = Gauge(
    "meridian_load_drift_units",
    "Units by which agents' loads differ from what they hold; anything but 0 is an incident.",
)
assignment_wait = Histogram(
    "meridian_assignment_wait_seconds",
    "From the customer's question to its assignment.",
    ["family"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400),
)
claims_repeated = Counter(
    "meridian_claims_repeated_total",
    "Batches decided again because a conversation or an agent's room had changed meanwhile.",
)
answers = Counter(
    "meridian_answers_total",
    "Answers to customers who waited, by whether the promise was kept.",
    ["family", "is_met"],
)
handed_over = Counter(
    "meridian_conversations_handed_over_total",
    "Conversations of agents who left, by why, and whether they wait again or are kept for them.",
    ["why", "outcome"],
)
agents_present = Gauge(
    "meridian_agents_present",
    "Agents on shift by how they stand: available, busy, away, offline, on a break.",
    ["presence"],
)
