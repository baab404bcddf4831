# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are upgraded while their services run on, to be restarted one by one by whoever knows the order.

The scripts of Debian's packages stop and start their services through invoke-rc.d and deb-systemd-invoke, which ask C(policy-rc.d) first;
PostgreSQL's would stop every cluster of the machine. Ours says no only to the apt that this module began: it looks at a variable of
its environment, which reaches it through apt, dpkg and the package's script. So one that a killed run leaves is in nobody's way.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

PATH = "/usr/sbin/policy-rc.d"
# Held by whoever runs with the policy. An apt inherits it, so it is held too where the run that began it was killed.
LOCK = "/run/plannerate-updates.lock"
MARK = "PLANNERATE_KEEP_SERVICES"
TEXT = f"""#!/bin/sh
# plannerate.infra: while the module machine_updates upgrades packages, their services run on. Of no effect otherwise.
[ -n "${MARK}" ] && exit 101
exit 0
"""
ENVIRONMENT = {
    MARK: "1",
    "NEEDRESTART_SUSPEND": "1",
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "UCF_FORCE_CONFFOLD": "1",
    "LC_ALL": "C",
}


class ForeignPolicy(Exception):
    """Somebody else's policy is there, and it is not known what it lets through."""


class Busy(Exception):
    """Somebody runs with our policy."""


@contextlib.contextmanager
def services_kept() -> Iterator[int]:
    """Programs that are run with :data:`ENVIRONMENT` meanwhile restart no service. Gives the descriptor of the lock that they inherit.

    :raises ForeignPolicy: if there is a policy of somebody else's.
    :raises Busy: if somebody runs with ours.
    """
    with _locked() as lock, _policy():
        yield lock


def clean_up() -> None:
    """Removes what a killed run left, unless its apt still runs with it."""
    with contextlib.suppress(Busy), _locked():
        remove()


@contextlib.contextmanager
def _locked() -> Iterator[int]:
    lock = os.open(LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(LOCK) from None
        yield lock
    finally:
        os.close(lock)


@contextlib.contextmanager
def _policy() -> Iterator[None]:
    remove()
    try:
        descriptor = os.open(PATH, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except FileExistsError:
        raise ForeignPolicy(PATH) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(TEXT)
            # Whatever the umask is.
            os.fchmod(file.fileno(), 0o755)
        yield
    finally:
        remove()


def remove() -> None:
    """Removes a policy of ours, be it one that a killed run left half written. Somebody else's stays."""
    with contextlib.suppress(FileNotFoundError):
        with open(PATH, encoding="utf-8", errors="replace") as file:
            ours = TEXT.startswith(file.read())
        if ours:
            os.unlink(PATH)
