# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links on the lab's machines that lead to files of root's, where the users postgres, backup-dump and those of containers may write.

A trap springs when something of root's that a link leads to is different afterwards.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from support.helpers.lab import PORTS, Host

VICTIMS = "/etc/hostile-victims"
PRECIOUS, MISSING = f"{VICTIMS}/precious", f"{VICTIMS}/missing"
CONTENT = "only-root-may-read-this"
METRICS = "/var/lib/prometheus/node-exporter"
CONFIGURATION = "/etc/postgresql/15"
# (container of staging, a directory of a volume of it)
VOLUMES = (("plannerate-app-staging", "/var/www/html/storage"), ("plannerate-redis-staging", "/data"))


def clusters() -> list[str]:
    return [name.replace("-", "_") for name in PORTS]


def of_postgres() -> dict[str, str]:
    """Beside and in place of what a converge and a change of primary write: what it leads to by path."""
    found = {
        f"{CONFIGURATION}/pg_replica2/system_identifier": MISSING,
        # What an adopted member's access rules are taken from.
        f"{CONFIGURATION}/pg_replica2/pg_hba.conf.adopted": PRECIOUS,
    }
    for cluster in clusters():
        found[f"/var/run/postgresql/start-15-{cluster}"] = MISSING
        for name in ("50-settings.conf.new", "60-standby.conf.new"):
            found[f"{CONFIGURATION}/{cluster}/conf.d/{name}"] = PRECIOUS
    return found


def plant(machine: Host, links: dict[str, str], user: str) -> None:
    """As a user, who may write where they are."""
    commands = " && ".join(f"ln -sfn {target} {shlex.quote(path)}" for path, target in links.items())
    machine.check_output(f"cd / && runuser -u {user} -- sh -c {shlex.quote(commands)}")


def pull(machine: Host, *directories: str) -> None:
    """Removes what is left of them."""
    machine.check_output(
        f"find {shlex.join(directories)} -maxdepth 3 -type l -lname '{VICTIMS}*' -delete 2>/dev/null; true"
    )


def state(machine: Host) -> str:
    """Of everything that the links lead to."""
    return machine.check_output(
        f"cd {VICTIMS} && find . -printf '%p %y %u %g %m %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0r sha256sum"
    )


def shown(machine: Host) -> str:
    """Files of others that have what only root may read; links are not followed."""
    return machine.check_output(
        f"grep -rlF {CONTENT} /etc/postgresql /etc/pgbouncer /var/lib/prometheus /var/log/postgresql 2>/dev/null; true"
    )


@contextmanager
def victims(machine: Host) -> Iterator[None]:
    """What belongs to root, as long as the block lasts."""
    machine.check_output(f"rm -rf {VICTIMS} && install -d -m 0755 {VICTIMS} && (umask 077; echo {CONTENT} >{PRECIOUS})")
    try:
        yield
    finally:
        machine.check_output(f"rm -rf {VICTIMS}")


@contextmanager
def led_away(machine: Host, directory: str, user: str) -> Iterator[None]:
    """A directory is moved aside by who may, and a link is in its place; what it leads to has a copy of its files, as root's."""
    kept, copy = f"{directory}.kept", f"{VICTIMS}/{directory.rsplit('/', 1)[1]}"
    machine.check_output(
        f"rm -rf {copy} && cp -rL {directory} {copy} && chown -R root:root {copy} && chmod -R u=rwX,go=rX {copy}"
    )
    swap = f"mv {directory} {kept} && ln -s {copy} {directory}"
    machine.check_output(f"cd / && runuser -u {user} -- sh -c {shlex.quote(swap)}")
    try:
        yield
    finally:
        machine.check_output(f"test ! -e {kept} || {{ rm -rf {directory} && mv {kept} {directory}; }}; rm -rf {copy}")
