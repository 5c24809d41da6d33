"""The broker's jars: downloaded once, each checked against the committed list before every use.

`kafka_jars.sha256` has one line a jar, SHA-256 and path in a Maven repository, so `sha256sum -c`
understands it; `python -m deploy.local.jar_download` makes it afresh.
"""

import hashlib
import sys
from pathlib import Path

from deploy.local.cache import cache_folder, only_one
from deploy.local.errors import CannotStart

LIST = Path(__file__).with_name("kafka_jars.sha256")


def jars() -> list[Path]:
    """Return the paths of all jars, downloading what is missing.

    Takes about 0.05 s when they are there: the whole content is hashed each time.
    Raises CannotStart when one cannot be fetched or is not the one on the list.
    """
    folder = cache_folder() / "kafka-jars"
    folder.mkdir(exist_ok=True)
    wanted = _list()
    with only_one(folder / ".lock", "Waiting for another run that is fetching the broker's jars."):
        missing = {path: sha for path, sha in wanted.items() if not (folder / path).exists()}
        if missing:
            # Imported only here: requests and jgo take 0.4 s, and most runs have nothing to fetch.
            from deploy.local.jar_download import fetch  # noqa: PLC0415

            fetch(folder, missing)
    for path, sha in wanted.items():
        if sha256(folder / path) != sha:
            raise CannotStart(
                f"{folder / path} is not the jar that {LIST.name} lists: "
                "delete it and run the command again."
            )
    return [folder / path for path in wanted]


def _list() -> dict[str, str]:
    lines = LIST.read_text("ascii").splitlines()
    return {path: sha for sha, path in (line.split("  ", 1) for line in lines)}


def sha256(jar: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with jar.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def main() -> int:
    """Fetch what is missing and check everything; return the exit code."""
    try:
        jars()
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
