"""Fetch the broker's jars with jgo, from the repository that jgo is configured for.

jgo's resolver made the committed list; a download needs no resolving, so jars come side by side.
Needs only jgo and truststore, so that it can run while the other packages are being installed.
"""

import errno
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
import truststore
from jgo.config import GlobalSettings
from jgo.maven import MavenContext

from deploy.local.errors import CannotStart
from deploy.local.jars import LIST, sha256

COORDINATES = ("org.apache.kafka:kafka_2.13:4.4.0", "org.slf4j:slf4j-simple:1.7.36")
_TRIES = 3

# Trust what the system trusts, as behind a company's proxy; requests alone knows only its own list.
truststore.inject_into_ssl()


def fetch(folder: Path, wanted: dict[str, str]) -> None:
    """Fetch the jars of `wanted` (path → SHA-256) into `folder`, or raise CannotStart."""
    # Downloaded beside and moved when checked: what stands in the folder is whole.
    scratch = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder))
    try:
        with ThreadPoolExecutor(8) as pool:
            fetched = pool.map(lambda path: _fetch_one(scratch, path), wanted)
            for (path, sha), jar in zip(wanted.items(), fetched, strict=True):
                if sha256(jar) != sha:
                    raise CannotStart(
                        f"The repository sent a {jar.name} other than the one {LIST.name} lists: "
                        "nothing was kept; check which mirror jgo is configured for."
                    )
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                jar.replace(folder / path)
    except OSError as error:  # the disk's errors, and those of requests, which are OSErrors too
        raise CannotStart(_why(error, folder)) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fetch_one(scratch: Path, path: str) -> Path:
    *group, artifact, version, _file = path.split("/")
    jar = scratch / path
    for left in reversed(range(_TRIES)):
        try:
            context = MavenContext(repo_cache=scratch, remote_repos=_repositories(), timeout=30)
            return (
                context.project(".".join(group), artifact).at_version(version).artifact().resolve()
            )
        except (requests.RequestException, RuntimeError) as error:
            jar.unlink(missing_ok=True)  # jgo leaves the half that it got
            if not left:
                raise ConnectionError(f"{jar.name}: {error}") from error
            time.sleep(1)
    raise AssertionError("the last try returns or raises")


def _repositories() -> dict[str, str] | None:
    """Return the mirrors of the person's own jgo configuration; None means jgo's default."""
    return GlobalSettings.load().repositories or None


def _why(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space left for the broker's jars (45 MB) in {folder}: free some."
    if isinstance(error, ConnectionError):
        return (
            "The broker's jars could not be fetched: check the network, or name a mirror of "
            f"Maven Central in jgo's configuration ({type(error.__cause__).__name__} on {error})."
        )
    return f"The broker's jars could not be kept in {folder} ({error.strerror or error})."


def resolve() -> list[str]:
    """Resolve COORDINATES afresh and return the lines of the list."""
    with tempfile.TemporaryDirectory() as scratch:
        context = MavenContext(repo_cache=Path(scratch), remote_repos=_repositories(), timeout=30)
        roots = [context.create_dependency(coordinate) for coordinate in COORDINATES]
        inputs, others = context.resolver.resolve(roots)
        jars = [dependency.artifact.resolve() for dependency in (*inputs, *others)]
        found = {jar.relative_to(scratch).as_posix(): sha256(jar) for jar in jars}
        return [f"{found[path]}  {path}" for path in sorted(found)]


if __name__ == "__main__":
    print("\n".join(resolve()))
