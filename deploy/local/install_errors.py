"""Turn what pip and uv print when they fail into one sentence that names what to do."""

import re

_KNOWN = (
    (
        r"No space left on device|Disk quota exceeded|\[Errno (28|122)\]|os error (28|122)\b",
        "There is no space left on the disk: free about 1 GB and run it again.",
    ),
    (
        r"do not match the hashes|hash mismatch",
        "The package registry sent a file other than the one requirements.lock names: nothing of "
        "it was installed; check which mirror pip and uv are configured for.",
    ),
    (
        r"Permission denied|Read-only file system|Operation not permitted|os error (1|13|30)\b",
        "A folder cannot be written{where}: give it to this user, or run as its owner.",
    ),
    (
        r"Failed to fetch|error sending request|Could not connect|Connection|timed out|Timeout"
        r"|Name or service not known|name resolution|dns error|No matching distribution"
        r"|not found in the package registry|Network is unreachable|certificate|proxy",
        "The package registry cannot be reached: check the network, or name your mirror "
        "(pip config set global.index-url …) and run it again.",
    ),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def sentence(step: str, output: str) -> str:
    """Return what to tell when `step` failed with `output`.

    What is not known ends in the tool's own last line, which is better than a guess.
    """
    text = _COLOUR.sub("", output)
    for pattern, known in _KNOWN:
        if re.search(pattern, text, re.IGNORECASE):
            return known.format(where=_path_in(text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{step} failed: {lines[-1] if lines else 'it said nothing'}"


def _path_in(text: str) -> str:
    quoted = re.search(r"[`'\"](/[^`'\"]+)[`'\"]", text)
    return f" ({quoted[1]})" if quoted else ""
