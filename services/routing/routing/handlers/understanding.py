"""Reading a customer's message with all that the tables tell of him."""

from collections.abc import Sequence

from routing.domain.conversation import Conversation
from routing.domain.customer import Contact, OrderFacts
from routing.domain.team import family_of
from routing.domain.understanding import Known, Reading, read
from routing.domain.urgency import IN_A_ROW, Around
from routing.handlers.rules import Rules
from shared.contracts.intake import MessageReceived


def understand(
    message: MessageReceived,
    contact: Contact,
    orders: Sequence[OrderFacts],
    before: Conversation | None,
    rules: Rules,
) -> Reading:
    """Read one message; `orders` are the writer's, the one he means or the newest first.

    `before` is the conversation that it goes on, where there is one.
    """
    store = rules.store(message.store_id)
    placed = next((order for order in orders if order.country), None)
    valued = next((order for order in orders if order.shop_total is not None), None)
    known = Known(
        order_country=placed.country if placed else None,
        order_region=placed.region if placed else None,
        order_zone=placed.time_zone if placed else None,
        phone=message.phone or contact.phone or (placed.phone if placed else None),
        locale=message.locale or contact.locale,
        mail=message.mail or contact.mail,
        market=store.market if store else None,
        heard=contact.languages,
        told=[order.language for order in orders],
        store_languages=store.languages if store else (),
        brands=store.names if store else (),
    )
    since = before.asked_at if before else None
    around = Around(
        family=family_of(message.channel),
        unanswered=before.unanswered_count + 1 if before else 1,
        in_a_row=since is not None and message.occurred_at - since < IN_A_ROW,
        total=valued.shop_total if valued else None,
        currency=valued.shop_currency if valued else None,
        has_files=bool(message.attachments),
    )
    return read(
        message.text, message.subject, known, around, rules.high_values_of(message.store_id)
    )
