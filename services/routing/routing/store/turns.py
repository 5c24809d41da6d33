"""What a batch of messages stands on, read in one statement, and what it leaves, written in one.

On a busy machine a round trip to PostgreSQL costs more than the work that is done in it, and these
are made for every message.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from routing.domain.conversation import Conversation
from routing.domain.customer import Contact, OrderFacts
from routing.store import conversations, history, rows
from routing.store.history import Happening
from shared.contracts.base import CaseId, ContactId, ShipmentId, StoreId, ThreadId
from shared.db import Transaction
from shared.errors import Unavailable
from shared.statements import Statement

Contacts = dict[tuple[StoreId, ContactId], Contact]


class Scene(NamedTuple):
    """Conversations and contacts, locked by this transaction, and the contacts' orders."""

    conversations: list[Conversation]
    contacts: Contacts
    orders: list[OrderFacts]


_COLUMNS = ", ".join(rows.columns(Contact))
# Conversations are locked before contacts, as in everything that locks both: the count of the one
# has to be known before the first row of the other is there.
_READ = Statement(
    f"""
    WITH found AS MATERIALIZED ({conversations.BY_SUBJECT}),
    told AS MATERIALIZED (
        SELECT {_COLUMNS}
        FROM jsonb_populate_recordset(cast(null AS contacts), cast(:told AS jsonb))
        WHERE (SELECT count(*) FROM found) >= 0
    ),
    met AS (
        INSERT INTO contacts AS c ({_COLUMNS})
        SELECT {_COLUMNS} FROM told
        ORDER BY store_id, contact_id
        ON CONFLICT (store_id, contact_id) DO UPDATE
        SET mail = coalesce(excluded.mail, c.mail), phone = coalesce(excluded.phone, c.phone),
            locale = coalesce(excluded.locale, c.locale),
            seen_at = greatest(excluded.seen_at, c.seen_at)
        RETURNING *
    ),
    orders AS (
        SELECT DISTINCT ON (o.store_id, o.order_id) o.*
        FROM met AS w
        CROSS JOIN LATERAL (
            SELECT * FROM order_facts AS f
            WHERE f.store_id = w.store_id AND f.contact_id = w.contact_id
            UNION
            SELECT * FROM order_facts AS f WHERE f.store_id = w.store_id AND f.mail = w.mail
            UNION
            SELECT * FROM order_facts AS f WHERE f.store_id = w.store_id AND f.phone = w.phone
        ) AS o
    )
    SELECT 'conversation' AS what, * FROM found
    UNION ALL SELECT 'contact', cast(to_jsonb(met) AS text) FROM met
    UNION ALL SELECT 'order', cast(to_jsonb(orders) AS text) FROM orders
    """  # noqa: S608 - names of our own columns
)
_WRITE = Statement(
    f"""
    WITH spoken AS (
        UPDATE contacts AS c SET languages = r.languages
        FROM unnest(cast(:contacts AS text[])) AS each (row)
        CROSS JOIN LATERAL jsonb_populate_record(cast(null AS contacts), cast(row AS jsonb)) AS r
        WHERE c.store_id = r.store_id AND c.contact_id = r.contact_id
    ),
    opened AS ({conversations.INSERT.replace(":rows", ":opened")}),
    saved AS ({conversations.SAVE.replace(":rows", ":saved")}),
    noted AS ({history.NOTE.replace(":rows", ":noted")})
    SELECT count(*) FROM opened
    """  # noqa: S608 - our own statements
)
_conversation = msgspec.json.Decoder(Conversation)
_contact = msgspec.json.Decoder(Contact)
_order = msgspec.json.Decoder(OrderFacts)


async def read(
    tx: Transaction,
    told: Sequence[Contact],
    *,
    threads: Iterable[tuple[StoreId, ThreadId]],
    shipments: Iterable[tuple[StoreId, ShipmentId]] = (),
    cases: Iterable[tuple[StoreId, CaseId]] = (),
    resolved_since: datetime,
) -> Scene:
    """Lock and return the conversations of these threads, parcels and cases, and these contacts.

    Of a thread those that are open or were resolved after `resolved_since`. Contacts, each once,
    come with what is told of them; new ones are kept. Orders are those of the same contact, the
    same mail address or phone number.
    """
    values = conversations.subjects(threads, shipments, cases, resolved_since)
    scene = Scene([], {}, [])
    for what, row in await _READ.rows(tx, {**values, "told": rows.packed(told)}):
        if what == "conversation":
            scene.conversations.append(_conversation.decode(row))
        elif what == "contact":
            contact = _contact.decode(row)
            scene.contacts[contact.store_id, contact.contact_id] = contact
        else:
            scene.orders.append(_order.decode(row))
    return scene


async def write(
    tx: Transaction,
    *,
    opened: Sequence[Conversation],
    changed: Sequence[Conversation],
    contacts: Sequence[Contact],
    happened: Sequence[Happening],
) -> None:
    """Keep new conversations, save changed ones, the languages of contacts, and what happened.

    What is changed must be locked by this transaction. Raises `Unavailable` when another process
    opened one of the new at the same moment: heard again, the message joins that one.
    """
    values = {
        "opened": conversations.packed(opened),
        "saved": conversations.packed_each(changed),
        "contacts": [rows.packed(each) for each in contacts],
        "noted": rows.packed(happened),
    }
    [[count]] = await _WRITE.rows(tx, values)
    if count != len(opened):
        raise Unavailable("the same conversation was opened elsewhere")
