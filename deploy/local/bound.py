"""Become a command that ends when its starter ends, as another user if asked.

    python -I -S bound.py STARTER_PID SIGNAL UID GID COMMAND…

A process that is killed with SIGKILL cannot stop its children; on Linux the kernel does it for us
(prctl(2), PR_SET_PDEATHSIG). The kernel forgets the wish when the user changes, so the order is:
change user, wish, become the command. It hangs on the *thread* that started us: start from one
that lives as long as the child shall. Elsewhere than on Linux this only changes the user.
"""

import os
import sys

# Loaded before the user changes: the new one may not be able to read Python's own files.
try:
    import ctypes
except ImportError:  # a Python built without libffi
    HAS_CTYPES = False
else:
    HAS_CTYPES = True

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Change user, tie to the starter, become the command."""
    starter, signal, uid, gid = (int(argument) for argument in sys.argv[1:5])
    libc = ctypes.CDLL(None) if HAS_CTYPES and sys.platform == "linux" else None
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc:
        libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != starter:  # it died before we could tie ourselves to it
        sys.exit(1)
    os.execvp(sys.argv[5], sys.argv[5:])  # noqa: S606


main()
