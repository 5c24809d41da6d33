"""What intake counts for the business."""

from prometheus_client import Counter, Gauge, Histogram

entries = Counter(
    "meridian_intake_entries_total",
    "Entries of deliveries by what became of them: message, status, order, left (a mail to be "
    "fetched), repeated, known (says nothing), odd (not understood, kept raw), failed (a bug, kept "
    "raw).",
    ["channel", "outcome"],
)
keep_batch = Histogram(
    "meridian_intake_keep_batch_deliveries",
    "Deliveries that were kept in one transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100),
)
mails_refused = Counter(
    "meridian_intake_mails_refused_total",
    "Mails or recipients that SMTP did not take: no_mailbox, too_fast, too_large, unavailable.",
    ["why"],
)
files = Counter(
    "meridian_intake_files_total",
    "Files of messages by what became of them: kept, refused, later (fetched again).",
    ["outcome"],
)
orders_asked = Counter(
    "meridian_intake_orders_asked_total",
    "Orders asked for at shops that only named them: told, later (asked again), given_up.",
    ["channel", "outcome"],
)
mails_asked = Counter(
    "meridian_intake_mails_asked_total",
    "Mails asked for at services that only told of them: told, later (asked again), given_up (said "
    "with words in its place, or, in a store without mailbox or by a bug of ours, laid aside).",
    ["channel", "outcome"],
)
mails_fetched = Counter(
    "meridian_intake_mails_fetched_total", "Mails fetched from mailboxes by IMAP and kept."
)
chat_sockets = Gauge("meridian_intake_chat_sockets", "Chat sockets open in this process.")
pending_orders = Gauge(
    "meridian_intake_pending_orders",
    "Orders of which only fulfilments or refunds came, and that more than 24 hours ago.",
)
