"""Notes of absence, and customers who are away themselves."""

from typing import Any

import pytest


def kind(reading: Any) -> str:
    return str(reading.known[0].kind) if reading.known else "message"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Urlaub", "Ich bin bis 5. Mai im Urlaub, bitte liefern Sie danach."),
        ("Urlaub", "Ich bin nächste Woche weg. Geht das auch später?"),
        ("Abwesend", "Bin am Dienstag nicht da, das Paket bitte zum Nachbarn."),
        ("On vacation", "I will be away till Monday, please hold my order."),
        ("Absence", "Je serai absent jeudi, le colis peut-il attendre ?"),
        ("Absent du 3 au 5", "Pas de livraison ces jours-là s'il vous plaît."),
        ("De vacaciones", "El pedido puede esperar hasta el lunes."),
        ("In ferie", "Vi prego di spedire dopo il 5."),
        ("В отпуске", "Доставьте после пятого, пожалуйста."),
        ("不在", "明日は不在なので、荷物は明後日にお願いします。"),
        ("휴가 중", "배송을 다음 주로 미뤄 주세요."),
        ("Vacation", ""),
        ("On vacation", "I am on vacation until 12 May. Please leave it with my neighbour."),
        ("Im Urlaub", "Ich bin bis 12. Mai weg. Bitte geben Sie sie beim Nachbarn ab."),
        ("Absence", "Je suis absente la semaine prochaine, merci de garder ma lampe."),
        ("Ferie", "Dal 10 al 20 sono via. Lasciate la lampada al vicino."),
        ("Ausente", "Estaré fuera el lunes. Dejen la lámpara al vecino."),
        ("Out of office, please read", "I am out till 5. Do ring before you come with the parcel."),
        ("Automatic reply re: order 4711", "It names another order. Which one is mine?"),
        ("Out of office re: chairs", "Do you sell chairs for the office too?"),
        ("My husband is out of the office", "So please deliver to our home."),
        ("Der Chef ist im Urlaub", "Liefern Sie erst am Montag."),
        ("Fuera de la oficina, llamen antes", "Estoy fuera. ¿Pueden llamar antes?"),
    ],
)
def test_a_customer_who_is_away_is_heard(read: Any, written: Any, subject: str, text: str) -> None:
    assert kind(read(written(text, Subject=subject))) == "message"


@pytest.mark.parametrize(
    "text",
    [
        "I am away until 5 May and have no mail there.\n\nOn 4 May 2026 at 10:12, Aurora "
        "<help@aurora.example> wrote:\n> Your parcel is on its way.\n> Do you like it?",
        "Ich bin bis 5. Mai nicht im Büro. In dringenden Fällen hilft Eva (eva@example.org).",
    ],
)
def test_a_note_of_absence_is_an_automatic_reply(read: Any, written: Any, text: str) -> None:
    assert kind(read(written(text, Subject="Urlaub: Your parcel"))) == "auto-reply"


def test_who_sends_a_file_is_no_machine(read: Any) -> None:
    head = "From: ana@example.org\r\nTo: help@aurora.example\r\nSubject: Urlaub\r\n"
    body = (
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee you.\r\n'
        '--b\r\nContent-Type: image/png; name="a.png"\r\n\r\nx\r\n--b--\r\n'
    )

    assert kind(read((head + body).encode())) == "message"


def test_a_program_that_answers_by_itself_is_known_by_its_name(read: Any, written: Any) -> None:
    assert kind(read(written("Thanks.", X_Mailer="Shop Autoresponder 2.1"))) == "auto-reply"
    assert kind(read(written("Thanks.", X_Mailer="Apple Mail (2.3774)"))) == "message"


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office Re: Your parcel",
        "Annual leave Re: Your parcel",
        "Bo Smith is out of the office.",
        "Eva Maier/Lamps/DE is out of the office (returning 12.05.2026)",
        "Eva Maier ist außer Haus",
        "Anne Durand est absente du bureau",
    ],
)
def test_a_program_names_who_is_away(read: Any, written: Any, subject: str) -> None:
    assert kind(read(written("I am back on 12 May.", Subject=subject))) == "auto-reply"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Annual leave", "I fly on Monday, so the lamp has to be here by Saturday."),
        ("Mum is on vacation", "Could you send it next week, nobody is at home now."),
        ("Frau Weber ist im Urlaub", "Sie hat mich gebeten, die Adresse zu ändern."),
        ("Ma voisine est absente", "Merci de passer jeudi plutôt que mercredi."),
        ("Mi padre está ausente", "No puede firmar. Que pasen el viernes por la tarde."),
        ("Il portiere è assente", "Suonate al citofono 12 e lasciate tutto al secondo piano."),
        ("Mijn man is afwezig", "Kunnen jullie morgen na 18 uur komen, dan is er iemand thuis."),
        ("Courier is out of office", "They said that nobody comes before Tuesday."),
        ("Chefen är inte på kontoret", "Ni kan nå mig direkt. Stolen är trasig."),
        ("Urlaub Re: Termin", "Der Monteur kann am 5. kommen, vorher sind wir weg."),
        ("On vacation re: kettle", "The kettle broke. Call me when I am back on the 9th."),
        ("Automatic reply Re: 4711", "I had that, but nobody wrote since. The kettle leaks."),
        ("Automatische Antwort AW: 4711", "Nur solche bekomme ich. Der Kocher ist undicht."),
    ],
)
def test_who_writes_of_somebodys_absence_is_heard(
    read: Any, written: Any, subject: str, text: str
) -> None:
    assert kind(read(written(text, Subject=subject))) == "message"
