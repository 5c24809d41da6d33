"""Text that its writer's program broke into lines, put together again (RFC 3676)."""

_SIGNATURE = "-- "


def together(text: str, *, drops_spaces: bool) -> str:
    """The paragraphs of flowed text, each in one line; its line ends become LF.

    A line that ends with a space goes on in the next one; the space belongs to the text unless
    `drops_spaces` (the parameter DelSp). Quoted lines stay as they are.
    """
    paragraphs: list[list[str]] = []
    goes_on = False
    for written in text.split("\n"):
        line = written.removesuffix("\r")
        is_quoted = line.startswith(">")
        # Space-stuffing (§4.4) keeps lines apart from quotes and from what begins with From.
        line = line if is_quoted else line.removeprefix(" ")
        is_own = is_quoted or line == _SIGNATURE
        is_flowed = line.endswith(" ") and not is_own
        told = line[:-1] if is_flowed and drops_spaces else line
        if goes_on and not is_own:
            paragraphs[-1].append(told)
        else:
            paragraphs.append([told])
        goes_on = is_flowed
    return "\n".join(map("".join, paragraphs))
