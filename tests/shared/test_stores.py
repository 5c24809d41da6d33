"""Stores: what the file may say, and how it tells what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from shared.contracts.base import StoreId
from shared.stores import (
    MailAccount,
    Off,
    ShopifyAccount,
    Stores,
    WhatsAppAccount,
)
from shared.yaml_files import BadFile

WRITTEN = """\
token_keys: ["env:TOKEN_KEY", "env:TOKEN_KEY_OLD"]
stores:
  aurora:
    name: Aurora
    languages: [es, EN, zh-hant]
    countries: [ES, NO]
    market: NO
    currency: EUR
    time_zone: Europe/Madrid
    accounts:
      - channel: whatsapp
        account_id: 0106540352242922
        app_secret: [env:WA_NEW, env:WA_OLD]
        verify_token: env:WA_VERIFY
        access_token: file:secrets/wa-access
      - channel: mail
        account_id: help
        address: Help@aurora.test
        from_name: Aurora, servicio al cliente
        smtp_host: 127.0.0.1
        smtp_port: 2525
        smtp_tls: none
      - channel: chat
        account_id: web
        origins: ["https://aurora.test", "http://localhost:8080"]
      - channel: shopify
        account_id: aurora.myshopify.com
        webhook_secret: env:SHOP
        access_token: env:SHOP_TOKEN
  boreal:
    name: Boreal
    languages: [ja]
    countries: [JP]
    market: JP
    currency: JPY
    time_zone: Asia/Tokyo
    accounts:
      - channel: aftership
        account_id: boreal
        webhook_secret: env:AS
        api_key: env:AS_KEY
        base_url: http://127.0.0.1:9000/tracking/
"""
AURORA = StoreId("aurora")
ENVIRON = {
    "TOKEN_KEY": "k" * 32,
    "WA_NEW": "new",
    "WA_OLD": "old",
    "WA_VERIFY": "verify",
    "SHOP": "shop",
    "SHOP_TOKEN": "shpat",
    "AS": "as",
    "AS_KEY": "as-key",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "wa-access").write_text("EAAG\n")
    file = tmp_path / "stores.yaml"
    file.write_text(WRITTEN)
    return file


Load = Callable[..., Stores]


@pytest.fixture
def load(path: Path) -> Load:
    def load(*changes: tuple[str, str], **environ: str) -> Stores:
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text)
        return Stores.load(path, environ={**ENVIRON, **environ})

    return load


def test_a_file_is_read_as_it_is_written(load: Load) -> None:
    stores = load()

    aurora = stores.stores[AURORA]
    assert aurora.store_id == "aurora"
    assert aurora.languages == ("es", "en", "zh-Hant")
    assert aurora.countries == ("ES", "NO")  # YAML 1.1 would read NO as false
    assert aurora.market == "NO"
    assert stores.off == []
    assert [account.channel for account in stores.accounts] == [
        "whatsapp",
        "mail",
        "chat",
        "shopify",
        "aftership",
    ]


def test_an_account_is_found_at_its_front_door(load: Load) -> None:
    stores = load()

    whatsapp = stores.account("whatsapp", "0106540352242922")  # text, with its zero
    shop = stores.account("shopify", "aurora.myshopify.com")

    assert isinstance(whatsapp, WhatsAppAccount)
    assert whatsapp.store_id == "aurora"
    assert whatsapp.app_secret == ("new", "old")
    assert whatsapp.access_token == ("EAAG",)
    assert whatsapp.base_url == "https://graph.facebook.com/v23.0"
    assert isinstance(shop, ShopifyAccount)
    assert shop.base_url == "https://aurora.myshopify.com/admin/api/2026-10"
    assert stores.account("mail", "0106540352242922") is None
    assert stores.account("whatsapp", "106540352242922") is None
    aftership = stores.account("aftership", "boreal")
    assert aftership is not None
    assert aftership.store_id == "boreal"


def test_a_store_has_its_first_account_of_a_channel(load: Load) -> None:
    stores = load()
    store = stores.stores[AURORA]

    mail = store.account("mail")

    assert isinstance(mail, MailAccount)
    assert mail.address == "help@aurora.test"
    assert mail.smtp_port == 2525
    assert store.account("aftership") is None


def test_an_account_without_its_secret_is_off_and_says_why(load: Load) -> None:
    stores = load(WA_VERIFY="")

    assert stores.account("whatsapp", "0106540352242922") is None
    assert stores.stores[AURORA].account("whatsapp") is None
    why = "verify_token has no value in env:WA_VERIFY"
    assert stores.off == [Off("whatsapp", "0106540352242922", why)]


def test_a_secret_file_that_is_missing_turns_the_account_off(load: Load, path: Path) -> None:
    (path.parent / "secrets" / "wa-access").unlink()

    stores = load()

    assert [off.why for off in stores.off] == [
        "access_token has no value in file:secrets/wa-access"
    ]


def test_one_of_two_secrets_is_enough(load: Load) -> None:
    account = load(WA_NEW="").account("whatsapp", "0106540352242922")

    assert isinstance(account, WhatsAppAccount)
    assert account.app_secret == ("old",)


def test_the_password_of_a_mail_server_may_be_left_out_but_not_missing(load: Load) -> None:
    password = ("smtp_port: 2525", "smtp_port: 25\n        smtp_password: env:PASSWORD")
    user = ("smtp_host:", "smtp_username: aurora\n        smtp_host:")

    stores = load(password, user)

    assert [off.why for off in stores.off] == ["smtp_password has no value in env:PASSWORD"]


def test_every_variable_that_the_file_names_is_known(load: Load) -> None:
    stores = load()

    assert stores.env_names == tuple(sorted([*ENVIRON, "TOKEN_KEY_OLD"]))


def test_no_secret_is_ever_shown(load: Load) -> None:
    stores = load()

    shown = repr(stores.stores) + str(stores.account("whatsapp", "0106540352242922"))

    assert "env:WA_VERIFY" in shown
    for value in ("EAAG", "'new'", "'verify'", "shpat"):
        assert value not in shown


def test_tokens_are_signed_with_the_files_keys(load: Load) -> None:
    an_id = UUID(int=7)
    old = load(TOKEN_KEY="o" * 32).tokens().sign("order", an_id)

    tokens = load(TOKEN_KEY_OLD="o" * 32).tokens()

    assert tokens.read(old) == ("order", an_id)
    assert tokens.sign("order", an_id) != old


def test_without_a_value_for_any_token_key_nothing_is_signed(load: Load) -> None:
    stores = load(TOKEN_KEY="")

    with pytest.raises(BadFile, match="env:TOKEN_KEY, env:TOKEN_KEY_OLD"):
        stores.tokens()


def test_without_a_file_there_are_no_stores() -> None:
    stores = Stores.load(None)

    assert stores.stores == {}
    assert stores.account("mail", "help") is None


SMTP_SECRET = (
    "smtp_host: 127.0.0.1",
    "smtp_host: mx.test\n        smtp_username: u\n        smtp_password: env:SHOP",
)
AT_AURORA = "stores.aurora.accounts"


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("name: Aurora", "nam: Aurora", 3, "stores.aurora.name is missing"),
        ("name: Aurora", "nam: Aurora", 4, "stores.aurora.nam is not a known key"),
        ("[es, EN", "[es, xx", 5, "stores.aurora.languages[1]: xx is no known BCP 47 language"),
        ("[es, EN", "[es, en_US.UTF-8", 5, "stores.aurora.languages[1]: en_US.UTF-8 is no"),
        ("[es, EN, zh-hant]", "[]", 5, "stores.aurora.languages: "),
        ("[ES, NO]", "[ES, UK]", 6, "stores.aurora.countries[1]: UK is no ISO 3166-1"),
        ("market: NO", "market: no", 7, "stores.aurora.market: no is no ISO 3166-1"),
        ("currency: EUR", "currency: DEM", 8, "stores.aurora.currency: DEM is no ISO 4217"),
        ("Europe/Madrid", "Madrid", 9, "stores.aurora.time_zone: Madrid is no IANA time zone"),
        ("Europe/Madrid", "../etc", 9, "stores.aurora.time_zone: ../etc is no IANA time zone"),
        ("channel: whatsapp", "channel: watsapp", 11, f"{AT_AURORA}[0]: "),
        ("0106540352242922", "+4915112345", 12, f"{AT_AURORA}[0].account_id: give the phone"),
        ("env:WA_VERIFY", "hunter2", 14, f"{AT_AURORA}[0].verify_token: write env:NAME or"),
        ("env:WA_VERIFY", "[]", 14, f"{AT_AURORA}[0].verify_token: give one source, or two"),
        ("env:WA_VERIFY", "[env:A, env:B, env:C]", 14, f"{AT_AURORA}[0].verify_token: give one"),
        (
            "        verify_token: env:WA_VERIFY\n",
            "",
            11,
            f"{AT_AURORA}[0].verify_token is missing",
        ),
        ("id: help", "id: help.desk", 17, f"{AT_AURORA}[1].account_id: give at most 20"),
        ("Help@", "customer-care-europe@", 18, f"{AT_AURORA}[1].address: the mailbox may have 19"),
        ("Help@", "he+lp@", 18, f"{AT_AURORA}[1].address: give a plain mail address"),
        ("Help@aurora.test", "Help <help@aurora.test>", 18, f"{AT_AURORA}[1].address: give a"),
        (
            "Aurora, servicio al cliente",
            '"A\\r\\nBcc: x"',
            19,
            f"{AT_AURORA}[1].from_name: give a line",
        ),
        ("smtp_port: 2525", "smtp_port: 70000", 21, f"{AT_AURORA}[1].smtp_port: "),
        ("smtp_tls: none", "smtp_tls: ssl", 22, f"{AT_AURORA}[1].smtp_tls: "),
        (
            "smtp_port:",
            "smtp_username: u\n        smtp_port:",
            16,
            f"{AT_AURORA}[1]: smtp_username",
        ),
        (*SMTP_SECRET, 16, f"{AT_AURORA}[1]: smtp_tls none would send smtp_password"),
        ("https://aurora.test", "https://aurora.test/", 25, f"{AT_AURORA}[2].origins[0]: give an"),
        ("id: aurora.my", "id: Aurora.my", 27, f"{AT_AURORA}[3].account_id: give the shop's"),
        ("http://127.0.0.1:9000", "127.0.0.1:9000", 42, "stores.boreal.accounts[0].base_url: give"),
        ("id: web", "id: help\n        address: x", 25, f"{AT_AURORA}[2].address is not a known"),
        ("  boreal:", "  Boreal:", 30, "stores.Boreal"),
        ("  boreal:", "  aurora:", 30, "aurora is written twice"),
        (
            "    currency: JPY",
            "    currency: JPY\n    store_id: x",
            36,
            "stores.boreal.store_id is not",
        ),
        ("stores:\n", "stores:\n\t", 3, "is no YAML"),
        ('"env:TOKEN_KEY"', "env:A, env:B", 1, "token_keys: "),
    ],
)
def test_a_broken_file_is_told_by_line_and_reason(
    load: Load, path: Path, old: str, new: str, line: int, why: str
) -> None:
    with pytest.raises(BadFile) as refused:
        load((old, new))

    told = refused.value.problems
    assert any(sentence.startswith(f"{path}:{line}: {why}") for sentence in told), told
    assert "hunter2" not in str(refused.value)


def test_an_account_belongs_to_one_store(load: Load, path: Path) -> None:
    again = "accounts:\n      - {channel: chat, account_id: web}\n      - channel: aftership"

    with pytest.raises(BadFile) as refused:
        load(("accounts:\n      - channel: aftership", again))

    assert refused.value.problems == (f"{path}:38: chat web is given twice",)


def test_a_mailbox_belongs_to_one_account(load: Load, path: Path) -> None:
    text = path.read_text()
    mail = text[text.index("      - channel: mail") : text.index("      - channel: chat")]

    with pytest.raises(BadFile) as refused:
        load(
            (
                "      - channel: aftership",
                mail.replace("help\n", "hilfe\n") + "      - channel: aftership",
            )
        )

    assert refused.value.problems == (f"{path}:40: mail help@aurora.test is given twice",)


def test_what_stores_have_alike_may_be_written_once(tmp_path: Path) -> None:
    (tmp_path / "stores.yaml").write_text(
        """
        stores:
          one: &one
            {name: One, languages: [en], countries: [US], market: US, currency: USD,
             time_zone: America/New_York}
          two:
            <<: *one
            name: Two
        """
    )

    stores = Stores.load(tmp_path / "stores.yaml", environ={})

    assert [store.name for store in stores.stores.values()] == ["One", "Two"]
    assert stores.stores[StoreId("two")].currency == "USD"
