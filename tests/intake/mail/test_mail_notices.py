"""What gateways and machines say of a mail, told from what a customer says in it."""

from collections.abc import Callable
from typing import Any

import pytest

from intake.channels.mail.bodies import texts_of
from intake.channels.mail.structure import take_apart

Written = Callable[..., bytes]
NEW = "The lamp flickers.\n\nOrder 4711"


@pytest.mark.parametrize(
    "banner",
    [
        "[EXTERNAL EMAIL] This message came from outside. Do not click on any of the links in it.",
        "***External email: think before you open an attachment or follow one of its links***",
        "CAUTION: This email was sent from outside your organization. Open no attachments.",
        "Vorsicht: Diese Nachricht kommt von einem externen Absender. Öffnen Sie keine Anhänge.",
        "ATTENTION : ce message vient de l'extérieur de l'organisation. N'ouvrez aucun lien.",
        "ATENCIÓN: este correo viene de fuera de la organización. No abra los enlaces.",
        "ATENÇÃO: esta mensagem veio de um remetente externo. Não abra os anexos.",
        "ATTENZIONE: questo messaggio proviene da un mittente esterno. Non aprire gli allegati.",
        "LET OP: dit bericht komt van buiten de organisatie. Open geen bijlagen.",
        "UWAGA: ta wiadomość pochodzi spoza organizacji. Nie otwieraj załączników.",
        "ВНИМАНИЕ: сообщение от внешнего отправителя. Не открывайте вложения.",
        "VARNING: meddelandet kommer från en extern avsändare. Öppna inga bilagor.",
        "ADVARSEL: meldingen kommer fra en ekstern avsender. Åpne ingen vedlegg.",
        "HUOMIO: viesti tulee organisaation ulkopuolelta. Älä avaa liitteitä.",
    ],
)
def test_that_a_mail_came_from_outside_is_left_out(banner: str, written: Written) -> None:
    assert texts_of(take_apart(written(f"{banner}\n\n{NEW}")))[0] == NEW


@pytest.mark.parametrize(
    "said",
    [
        "Attention: customs outside the EU want the attachments of your invoice, two of them.",
        "Attention! The external drive that came smokes. See the attachments.",
        "Warning: there are two external cables missing, pictures in the attachments of this mail. "
        "Please ship them.",
        "Achtung, das externe Netzteil ist defekt, Bilder in den Anhängen! Schicken Sie ein neues.",
        "Attention, la batterie externe chauffe beaucoup, voyez les pièces jointes de ce message, "
        "je veux un remboursement.",
        "Importante: el disco externo no enciende, hay fotos en los adjuntos. ¿Lo cambian?",
        "Attenzione, il monitor esterno è rotto, foto negli allegati del messaggio: e il rimborso?",
        "Attention, le message d'erreur sur l'écran externe est E5, et la lampe reste éteinte.",
        "Achtung: Die externe Nachricht auf dem Display lautet E5, und nichts geht mehr.",
        "Caution: the message on the external display says E5 and the fan stopped at once.",
        "Let op, de externe accu is stuk, zie de bijlagen. Ik wil mijn geld terug.",
    ],
)
def test_what_a_customer_warns_of_stays(said: str, written: Written) -> None:
    assert texts_of(take_apart(written(f"{said}\n\nOrder 4711")))[0] == f"{said}\n\nOrder 4711"


@pytest.mark.parametrize(
    "said",
    [
        "I was today the recipient of an e-mail with confidential information on somebody else. "
        "That is an error of yours: delete that address and notify whoever must know.",
        "Heute bekam ich eine vertrauliche Nachricht, die für einen anderen Empfänger war, "
        "wohl irrtümlich. Gelöscht habe ich sie.",
        "J'ai reçu par erreur un message confidentiel dont le destinataire est quelqu'un d'autre. "
        "Supprimez cette adresse.",
        "Recebi por erro uma mensagem confidencial de outro destinatário. Devo apagar tudo hoje.",
        "Ik kreeg een vertrouwelijk bericht voor een andere ontvanger, dat is een fout. "
        "Verwijder dat adres.",
        "Я получил конфиденциальное сообщение для другого получателя, это ошибка. Удалите адрес.",
    ],
)
def test_what_a_customer_says_of_a_secret_stays(said: str, written: Written) -> None:
    assert texts_of(take_apart(written(f"Hello,\n\n{said}")))[0] == f"Hello,\n\n{said}"


def test_a_notice_may_ask_to_tell_its_writer(written: Written) -> None:
    notice = (
        "This e-mail is confidential and for its addressee alone. If you have it by error, "
        "please notify me at once and delete it."
    )

    assert texts_of(take_apart(written(f"{NEW}\n\n{notice}")))[0] == NEW


REPORT = "Report domain: aurora.example Submitter: isp.example Report-ID: <17>"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (f"Re: {REPORT}", "That came here."),
        (REPORT, "What does it mean?"),
        (REPORT, "I do not understand this mail of yours."),
        (f"Question: {REPORT}", "That came here."),
        (REPORT, "That came with one of your mails. The invoice never did."),
        (REPORT, "Bitte prüfen. Eure Rechnungen kommen nicht an."),
    ],
)
def test_who_asks_of_a_report_is_heard(
    subject: str, text: str, read: Any, written: Written
) -> None:
    assert read.message(written(text, Subject=subject)).event.text == text


@pytest.mark.parametrize("subject", [REPORT, f"[Preview] {REPORT}", f"DMARC {REPORT}"])
def test_a_report_on_all_mails_is_told(subject: str, read: Any, written: Written) -> None:
    assert read.why(written("See below.", Subject=subject)) == "a feedback report"


def test_an_old_list_is_one_too(read: Any, written: Written) -> None:
    assert read.why(written(X_ML_Name="lamps")) == "a mailing list"
    assert read.message(written("One broke.", X_ML_Name="help")).event.text == "One broke."
