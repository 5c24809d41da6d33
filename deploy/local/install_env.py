"""The environment in which pip and uv run: uv is told what only pip knows."""

import functools
import os
import subprocess
from pathlib import Path

from deploy.local.cache import cache_folder

# uv reads neither pip's files nor its variables, and people behind a mirror have set up pip.
_FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


@functools.cache
def environment(python: Path) -> dict[str, str]:
    """Return our environment, with the configuration of `python`'s pip and a cache for uv."""
    env = dict(os.environ)
    for option, value in _pip_options(python).items():
        if option in _FROM_PIP:
            env.setdefault(_FROM_PIP[option], value)
    # The system's certificates count, as for pip and the jars: companies add their own there.
    env.setdefault("UV_SYSTEM_CERTS", "1")
    if "UV_CACHE_DIR" not in env and not _can_write_home_cache():
        env["UV_CACHE_DIR"] = str(cache_folder() / "uv")
    return env


def _pip_options(python: Path) -> dict[str, str]:
    command = [str(python), "-m", "pip", "config", "list"]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    options = {}
    for line in run.stdout.splitlines():
        key, found, value = line.partition("=")
        if found:
            # Later lines win, as with pip: files first, then the environment.
            options[key.rpartition(".")[2]] = value.strip("'\"")
    return options


def _can_write_home_cache() -> bool:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "uv"
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)
