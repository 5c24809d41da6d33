"""The line above an earlier mail that says who wrote it and when, as mail programs write it."""

import re

# "On 3 May 2026, Ana <ana@example.org> wrote:" in the languages mail programs write it in.
_WROTE = (
    r"wrote|writes|schrieb|geschrieben|escribi[óo]|a écrit|escreveu|ha scritto|schreef|geschreven|"
    r"napisał|pisze|napsal|napísal|пишет|написал|пише|написав|написа|写道|寫道|のメール|書きました|"
    r"作成|작성|작성한 메시지|썼습니다|쓴 글|skrev|kirjoitti|yazdı|كتب|כתב|כתב/ה|đã viết|เขียน|"
    r"เขียนว่า|menulis|írta|a scris|έγραψε|va escriure|napisao je|napisala je|napisal je|"
    r"je napisa|napisala|"
    r"је написао/ла|rašė|rakstīja|kirjutas|skrifaði|ने लिखा"
)
_WHEN = r"(?=.*(?:\d{1,2}[:.h]\d{2}|\d{4}|\d.*<[^<>\s]+@))"
_ANGLE = r"<[^<>\s]+@[^<>\s]+>"
_WHO_WROTE = re.compile(
    rf"^{_WHEN}(?:.*[\s,，>）)\d])?\S{{0,12}}(?:{_WROTE})(?:[\s(].{{0,120}})?$", re.IGNORECASE
)
_WHEN_AND_ADDRESS = re.compile(
    rf"^{_WHEN}(?:.*{_ANGLE}(?: sent)?|"
    r"\d.{6,30} (?:de|von|da|van|od|от|av|fra|af|por) [^\s@<>]+@[^\s@<>]+|"
    r"(?:[a-z]{3,9}\.? )?\d.{6,20} by [^\s@<>]+@[^\s@<>]+|"
    rf".{{0,80}}{_ANGLE} \[\d.{{8,30}}\])$",
    re.IGNORECASE,
)
"""Without a word for writing: Gmail in some languages, Tutanota, Mutt."""
_ADDRESS_WROTE = re.compile(
    rf"^(?:.*(?:{_ANGLE}|\([^()<>\s]+@[^()<>\s]+\)) ?(?:{_WROTE})|"
    rf"(?:quoting|zitat von|quotando|citando a?|citát) .*{_ANGLE}|"
    rf"missatge de .*{_ANGLE} del dia .*\d|wiadomość napisana przez .*\d|"
    rf"--- in \S+@\S+, .* wrote|[^\s@<>]+@[^\s@<>]+ (?:{_WROTE}))$",
    re.IGNORECASE,
)
"""Without a date, but with an address: phones, Horde, Yahoo's groups."""
_NAME_WROTE = re.compile(rf"^[^.!?;:]{{2,60}} (?:{_WROTE})(?:\(a\))?:$", re.IGNORECASE)
"""Neither a date nor an address; the quote stands below."""
_NO_COLON = re.compile(
    rf"^(?:-*\s*{_WHEN}(?=.*@).*\s(?:{_WROTE})\s*-*|"
    rf"-{{5}}[^-]{{1,80}}{_ANGLE} (?:{_WROTE}): -{{5}}|-{{3,}}\s*{_WHEN}.*\s(?:{_WROTE})\s*-{{3,}}|"
    rf"-{{4}}\s?\S.{{1,60}}\s(?:{_WROTE})\s?-{{4}})$",
    re.IGNORECASE,
)
_DAY_AND_ADDRESS = re.compile(
    rf"^(?:\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}}\s|\d{{1,2}}\.\d{{1,2}}\.\d{{4}},? \d{{1,2}}:\d\d)"
    rf".{{0,80}}{_ANGLE}$"
)
"""Gmail of old, in lands where the day begins with the year; Rambler. Above a quote."""

_BEGINS = re.compile(
    r"^[\s>*]*(?:(?:on|am|le|el|em|il giorno|op|den|dnia|w dniu|på|в|在|于|於)\s?(?=.*\d)|"
    r"[^<>]*<[^<>]*$)",
    re.IGNORECASE,
)
"""How the first of several such lines begins, or ends: in the middle of an address."""
_LATER = re.compile(
    r"(?<=[^\s-])(?:\s*-{3,}\s*|\s+)(?=(?:On|Am|Le|El|Em|Il|Op|Den|W dniu) (?:\w{2,9}[.,]{0,2} )?"
    r"(?:\d|[A-Z]\w{2,8}\.? \d))"
)
"""Where one may begin in the middle of a line."""
_MARKS = " \t>*\xa0\u3000"
DIRECTIONS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
"""Marks of writing from right to left, which programs put around names and addresses."""
_QUOTED = re.compile(r"^\s{0,3}>")


def attribution(lines: list[str], at: int) -> int:
    """How many lines from here say who wrote the earlier mail and when; 0 for none."""
    first = lines[at][:400]
    if ("@" in first or first.startswith("---")) and _NO_COLON.match(first):
        return 1
    line = lines[at][:200].strip()
    by_name = line.endswith(":") and _NAME_WROTE.match(line)
    if by_name or ("@" in line and _DAY_AND_ADDRESS.match(line)):
        below = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
        if _QUOTED.match(below):
            return 1
    if not any(":" in line or "：" in line for line in lines[at : at + 3]):
        return 0
    joined = ""
    for number, line in enumerate(lines[at : at + 3], start=1):
        between = "" if joined.endswith("<") else " "
        told = line.translate(DIRECTIONS).strip(_MARKS)
        joined = f"{joined}{between}{told}".strip()
        if not told or len(joined) > 400:
            return 0
        if joined.endswith((":", "：")):
            # Prose above must not be taken for the first line of it.
            begins_later = not _BEGINS.match(lines[at]) and any(
                attribution(lines, at + n)
                for n in range(1, number)
                if not lines[at + n].lstrip(_MARKS).startswith("<")
            )
            return number if _says_who(joined) and not begins_later else 0
    return 0


def on_their_own_lines(lines: list[str]) -> list[str]:
    """The lines, where one begins behind the end of what was written broken before it."""
    broken: list[str] = []
    for at, line in enumerate(lines):
        later = _LATER.search(line[:500]) if not _QUOTED.match(line) else None
        # Gmail in Spanish writes its first word twice.
        is_twice = later and line[: later.start()].strip() == line[later.end() :].partition(" ")[0]
        if (
            later
            and not is_twice
            and attribution([line[later.end() :], *lines[at + 1 : at + 3]], 0)
        ):
            broken += [line[: later.start()], line[later.end() :]]
        else:
            broken.append(line)
    return broken


def _says_who(joined: str) -> bool:
    said = joined[:-1].rstrip()
    return bool(
        _WHO_WROTE.match(said) or _WHEN_AND_ADDRESS.match(said) or _ADDRESS_WROTE.match(said)
    )
