"""Why a visitor's file is not taken, said to him in the widget's languages.

The words stand here and not in the widget, so that a page of the store's own says the same. Who
asks in another language is told in English.
"""

from collections.abc import Iterator
from typing import Literal

from intake.domain.files import A_PROGRAM, AN_ARCHIVE, EMPTY, INFECTED, TOO_LARGE
from intake.domain.languages import language_tag

Why = Literal["program", "archive", "empty", "malicious", "too_large", "too_fast", "no_chat"]

_OF_VERDICTS: dict[str, Why] = {
    A_PROGRAM: "program",
    AN_ARCHIVE: "archive",
    EMPTY: "empty",
    INFECTED: "malicious",
    TOO_LARGE: "too_large",
}

_SENTENCES: dict[str, dict[Why, str]] = {
    "en": {
        "program": "Programs, and documents with programs in them, are not accepted.",
        "archive": "Archives are not accepted: please send the files themselves.",
        "empty": "The file is empty.",
        "malicious": "The virus scanner found malware in the file.",
        "too_large": "The file is larger than {megabytes} MB.",
        "too_fast": "That was too many files at once: please try again in a moment.",
        "no_chat": "The chat has ended: please write a message first.",
    },
    "de": {
        "program": "Programme und Dokumente mit Makros werden nicht angenommen.",
        "archive": "Archive werden nicht angenommen: Bitte senden Sie die Dateien einzeln.",
        "empty": "Die Datei ist leer.",
        "malicious": "Der Virenscanner hat in der Datei Schadsoftware gefunden.",
        "too_large": "Die Datei ist größer als {megabytes} MB.",
        "too_fast": "Zu viele Dateien auf einmal: Bitte versuchen Sie es gleich noch einmal.",
        "no_chat": "Der Chat ist beendet: Bitte schreiben Sie zuerst eine Nachricht.",
    },
    "es": {
        "program": "No se aceptan programas ni documentos que contengan programas.",
        "archive": "No se aceptan archivos comprimidos: envía los archivos por separado.",
        "empty": "El archivo está vacío.",
        "malicious": "El antivirus ha encontrado software malicioso en el archivo.",
        "too_large": "El archivo supera los {megabytes} MB.",
        "too_fast": "Demasiados archivos a la vez: inténtalo de nuevo en un momento.",
        "no_chat": "El chat ha terminado: escribe primero un mensaje.",
    },
    "fr": {
        "program": "Les programmes et les documents qui en contiennent ne sont pas acceptés.",
        "archive": "Les archives ne sont pas acceptées : envoyez les fichiers eux-mêmes.",
        "empty": "Le fichier est vide.",
        "malicious": "L’antivirus a trouvé un logiciel malveillant dans le fichier.",
        "too_large": "Le fichier dépasse {megabytes} Mo.",
        "too_fast": "Trop de fichiers à la fois : réessayez dans un instant.",
        "no_chat": "La discussion est terminée : écrivez d’abord un message.",
    },
    "it": {
        "program": "Non si accettano programmi né documenti che ne contengono.",
        "archive": "Non si accettano archivi compressi: invia i singoli file.",
        "empty": "Il file è vuoto.",
        "malicious": "L’antivirus ha trovato software dannoso nel file.",
        "too_large": "Il file supera i {megabytes} MB.",
        "too_fast": "Troppi file in una volta: riprova tra un momento.",
        "no_chat": "La chat è terminata: scrivi prima un messaggio.",
    },
    "pt": {
        "program": "Não aceitamos programas nem documentos que os contenham.",
        "archive": "Não aceitamos arquivos compactados: envie os próprios arquivos.",
        "empty": "O arquivo está vazio.",
        "malicious": "O antivírus encontrou um programa malicioso no arquivo.",
        "too_large": "O arquivo tem mais de {megabytes} MB.",
        "too_fast": "Arquivos demais de uma vez: tente de novo daqui a pouco.",
        "no_chat": "A conversa terminou: escreva primeiro uma mensagem.",
    },
    "ja": {
        "program": "プログラムやマクロを含む文書は受け付けていません。",
        "archive": "圧縮ファイルは受け付けていません。ファイルをそのままお送りください。",
        "empty": "ファイルが空です。",
        "malicious": "ウイルススキャンで不正なプログラムが見つかりました。",
        "too_large": "ファイルが{megabytes} MBを超えています。",
        "too_fast": "一度に送るファイルが多すぎます。少し待ってからお試しください。",
        "no_chat": "チャットは終了しています。先にメッセージをお送りください。",
    },
    "ko": {
        "program": "프로그램이나 매크로가 든 문서는 받지 않습니다.",
        "archive": "압축 파일은 받지 않습니다. 파일을 그대로 보내 주세요.",
        "empty": "빈 파일입니다.",
        "malicious": "바이러스 검사에서 악성 코드가 발견되었습니다.",
        "too_large": "파일이 {megabytes}MB보다 큽니다.",
        "too_fast": "한 번에 보낸 파일이 너무 많습니다. 잠시 후 다시 시도해 주세요.",
        "no_chat": "채팅이 종료되었습니다. 먼저 메시지를 보내 주세요.",
    },
    "zh-Hans": {
        "program": "不接受程序或含有宏的文档。",
        "archive": "不接受压缩文件，请直接发送文件。",
        "empty": "文件是空的。",
        "malicious": "病毒扫描发现该文件含有恶意程序。",
        "too_large": "文件超过 {megabytes} MB。",
        "too_fast": "一次发送的文件太多，请稍后再试。",
        "no_chat": "对话已结束，请先发送一条消息。",
    },
    "zh-Hant": {
        "program": "不接受程式或含有巨集的文件。",
        "archive": "不接受壓縮檔，請直接傳送檔案。",
        "empty": "檔案是空的。",
        "malicious": "病毒掃描發現該檔案含有惡意程式。",
        "too_large": "檔案超過 {megabytes} MB。",
        "too_fast": "一次傳送的檔案太多，請稍後再試。",
        "no_chat": "對話已結束，請先傳送一則訊息。",
    },
    "ar": {
        "program": "لا نقبل البرامج ولا المستندات التي تحتوي على برامج.",
        "archive": "لا نقبل الملفات المضغوطة: يرجى إرسال الملفات نفسها.",
        "empty": "الملف فارغ.",
        "malicious": "عثر فاحص الفيروسات على برنامج ضار في الملف.",
        "too_large": "حجم الملف أكبر من {megabytes} ميغابايت.",
        "too_fast": "عدد كبير من الملفات دفعة واحدة: يرجى المحاولة بعد قليل.",
        "no_chat": "انتهت المحادثة: يرجى كتابة رسالة أولاً.",
    },
}


def why(refused: str) -> Why:
    """The short name of a verdict's phrase (`files.judge`, the scanner's)."""
    return _OF_VERDICTS[refused]


def sentence(why: Why, accepted: str, most_octets: int) -> tuple[str, str]:
    """What the visitor is told, and its language: the best that `accepted` asks for and we have.

    `accepted` is a header Accept-Language (RFC 9110, 12.5.4), `most_octets` a file's limit.

    >>> sentence("empty", "tlh, de-AT;q=0.8, en;q=0.5", 1_000_000)
    ('Die Datei ist leer.', 'de')
    """
    language = next((one for one in _asked(accepted) if one in _SENTENCES), "en")
    megabytes = most_octets // (1024 * 1024)
    return _SENTENCES[language][why].format(megabytes=megabytes), language


def _asked(accepted: str) -> Iterator[str]:
    """Languages as our tables name them, the most wanted first."""
    weighed = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, weight = part.partition(";")
        if (told := language_tag(tag)) is not None and (share := _share(weight)) > 0:
            weighed.append((-share, place, told))
    for _, _, told in sorted(weighed):
        language, *rest = told.split("-")
        if language in ("zh", "yue"):
            usual = "Hant" if language == "yue" else "Hans"
            yield f"zh-{next((one for one in rest if one in ('Hans', 'Hant')), usual)}"
        else:
            yield language


def _share(weight: str) -> float:
    """The `q` of an entry, from 0 to 1; 1 where there is none, or none that is a number."""
    name, _, value = weight.strip().partition("=")
    try:
        return min(max(float(value), 0.0), 1.0) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 1.0
