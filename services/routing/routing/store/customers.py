"""Contacts and the facts of orders."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text

from routing.domain.customer import Contact, OrderFacts
from routing.store import rows
from shared.contracts.base import AgentId, ContactId, OrderId, StoreId
from shared.db import Transaction

_MEET = text(
    f"""
    INSERT INTO contacts AS c ({", ".join(rows.columns(Contact))})
    SELECT {", ".join(rows.columns(Contact))}
    FROM jsonb_populate_recordset(cast(null AS contacts), cast(:rows AS jsonb))
    ORDER BY store_id, contact_id
    ON CONFLICT (store_id, contact_id) DO UPDATE
    SET mail = coalesce(excluded.mail, c.mail), phone = coalesce(excluded.phone, c.phone),
        locale = coalesce(excluded.locale, c.locale),
        seen_at = greatest(excluded.seen_at, c.seen_at)
    RETURNING cast(to_jsonb(c) AS text)
    """  # noqa: S608 - names of our own columns
)
_SAVE_LANGUAGES = text(
    """
    UPDATE contacts AS c SET languages = r.languages
    FROM jsonb_populate_recordset(cast(null AS contacts), cast(:rows AS jsonb)) AS r
    WHERE c.store_id = r.store_id AND c.contact_id = r.contact_id
    """
)
_HAD = text(
    """
    UPDATE contacts SET last_agent_id = :agent_id
    WHERE store_id = :store_id AND contact_id = :contact_id
    """
)
_ORDERS_OF = text(
    """
    SELECT DISTINCT ON (o.store_id, o.order_id) cast(to_jsonb(o) AS text)
    FROM unnest(
        cast(:stores AS text[]), cast(:contacts AS uuid[]), cast(:mails AS text[]),
        cast(:phones AS text[])
    ) AS w (store_id, contact_id, mail, phone)
    CROSS JOIN LATERAL (
        SELECT * FROM order_facts AS f
        WHERE f.store_id = w.store_id AND f.contact_id = w.contact_id
        UNION
        SELECT * FROM order_facts AS f WHERE f.store_id = w.store_id AND f.mail = w.mail
        UNION
        SELECT * FROM order_facts AS f WHERE f.store_id = w.store_id AND f.phone = w.phone
    ) AS o
    """
)
_HEARD_OF = text(
    """
    INSERT INTO order_facts (store_id, order_id, is_known, version)
    VALUES (:store_id, :order_id, false, 0)
    ON CONFLICT DO NOTHING
    """
)
_LOCKED_ORDER = text(
    """
    SELECT cast(to_jsonb(o) AS text) FROM order_facts AS o
    WHERE store_id = :store_id AND order_id = :order_id FOR UPDATE
    """
)
_KEEP_ORDERS = text(
    f"""
    INSERT INTO order_facts AS o ({", ".join(rows.columns(OrderFacts))})
    SELECT {", ".join(rows.columns(OrderFacts))}
    FROM jsonb_populate_recordset(cast(null AS order_facts), cast(:rows AS jsonb))
    ORDER BY store_id, order_id
    ON CONFLICT (store_id, order_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in rows.columns(OrderFacts)[2:])}
    WHERE excluded.version > o.version OR NOT o.is_known
    """  # noqa: S608 - names of our own columns
)


async def meet(
    tx: Transaction, told: Sequence[Contact]
) -> dict[tuple[StoreId, ContactId], Contact]:
    """Lock and return these contacts, each once, with what is told of them; new ones are kept."""
    found = await rows.read(tx, Contact, _MEET, rows=rows.packed(told))
    return {(each.store_id, each.contact_id): each for each in found}


async def save_languages(tx: Transaction, changed: Sequence[Contact]) -> None:
    """Write down the languages of contacts that this transaction has locked."""
    if changed:
        await tx.execute(_SAVE_LANGUAGES, {"rows": rows.packed(changed)})


async def note_agent(
    tx: Transaction, store_id: StoreId, contact_id: ContactId, agent_id: AgentId
) -> None:
    """Remember who had this customer last."""
    await tx.execute(_HAD, {"store_id": store_id, "contact_id": contact_id, "agent_id": agent_id})


async def orders_of(tx: Transaction, contacts: Iterable[Contact]) -> list[OrderFacts]:
    """The orders of these customers: the same contact, the same mail address or phone number."""
    wanted = list(contacts)
    return await rows.read(
        tx,
        OrderFacts,
        _ORDERS_OF,
        stores=[each.store_id for each in wanted],
        contacts=[each.contact_id for each in wanted],
        mails=[each.mail for each in wanted],
        phones=[each.phone for each in wanted],
    )


async def order(tx: Transaction, store_id: StoreId, order_id: OrderId) -> OrderFacts:
    """Lock and return what is known of an order; one never heard of gets a stub."""
    await tx.execute(_HEARD_OF, {"store_id": store_id, "order_id": order_id})
    found = await rows.read(tx, OrderFacts, _LOCKED_ORDER, store_id=store_id, order_id=order_id)
    return found[0]


async def keep_orders(tx: Transaction, facts: Sequence[OrderFacts]) -> None:
    """Keep the facts of orders, locking each; an older version changes nothing."""
    await tx.execute(_KEEP_ORDERS, {"rows": rows.packed(facts)})


def key(facts: OrderFacts) -> tuple[StoreId, UUID]:
    """What an order is known by."""
    return facts.store_id, facts.order_id
