# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines and members of the scenario postgres_replica, reached through the engine, so that a fault of the network hides nothing."""

from __future__ import annotations

import functools
import re
import subprocess
from typing import NamedTuple

from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for


class Place(NamedTuple):
    machine: str
    port: int


MEMBERS = {
    "pg-main": Place("db17", 5432),
    "pg-replica1": Place("db17", 5433),
    "pg-replica2": Place("db17b", 5432),
}


ADDRESSES = {"db17": "198.18.0.22", "db17b": "198.18.0.23"}


LONE = "pg-replica2"


HEALTHY_SECONDS = 90


def machine_of(name: str) -> str:
    return MEMBERS[name].machine


def other_machine(machine: str) -> str:
    return next(name for name in ADDRESSES if name != machine)


def cluster_of(name: str) -> str:
    return name.replace("-", "_")


def inside(
    machine: str, script: str, user: str = "root", check: bool = True, timeout: float = 60, text: str | None = None
) -> str:
    """The output of a shell script on a machine, whatever its network is like."""
    done = subprocess.run(
        ["docker", "exec", "--interactive", f"--user={user}", f"plannerate-lab-{machine}", "sh", "-c", script],
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert not check or done.returncode == 0, f"on {machine}: {script}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def engine(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=True)


def runs(machine: str) -> bool:
    command = ["docker", "container", "inspect", "--format", "{{.State.Running}}", f"plannerate-lab-{machine}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip() == "true"


def lets_in(machine: str) -> bool:
    """Whether a machine lets the operator in over SSH."""
    lab = ROOT / ".cache" / "lab"
    known = ["-o", f"UserKnownHostsFile={lab / 'known_hosts'}", "-o", "StrictHostKeyChecking=yes"]
    command = [
        "ssh",
        "-F",
        "none",
        "-i",
        str(lab / "id_ed25519"),
        *known,
        "-o",
        "ConnectTimeout=2",
        "-o",
        "BatchMode=yes",
    ]
    done = subprocess.run(
        [*command, f"ops@{ADDRESSES[machine]}", "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode == 0


@functools.cache
def version() -> int:
    return int(inside("db17", "ls /etc/postgresql"))


def unit_of(name: str) -> str:
    return f"postgresql@{version()}-{cluster_of(name)}"


def data_of(name: str) -> str:
    return f"/var/lib/postgresql/{version()}/{cluster_of(name)}"


def sql(name: str, statement: str, check: bool = True) -> str:
    """The administrator's SQL on a member; its commits wait for nobody. Empty where the member does not answer and need not."""
    return inside(
        machine_of(name),
        'PGOPTIONS="-c synchronous_commit=local" PGCONNECT_TIMEOUT=3 timeout 20 '
        f'psql -XAtq --set=ON_ERROR_STOP=1 --port={MEMBERS[name].port} --dbname=postgres --command="$(cat)"',
        user="postgres",
        check=check,
        text=statement,
    )


ROLE = """SELECT CASE WHEN pg_is_in_recovery() THEN 's' ELSE 'p' END || ' ' || CASE WHEN pg_is_in_recovery()
  THEN (SELECT coalesce(max(received_tli), 0) FROM pg_stat_wal_receiver WHERE status = 'streaming')
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END"""


def roles() -> dict[str, tuple[str, int]]:
    """Of each member that answers: p or s, and its timeline; 0 of a standby that receives nothing."""
    found = {}
    for name in MEMBERS:
        said = sql(name, ROLE, check=False) if runs(machine_of(name)) else ""
        if match := re.fullmatch(r"([ps]) (\d+)", said):
            found[name] = (match[1], int(match[2]))
    return found


def writable() -> list[str]:
    """Names of the members that take writes, the one on the newest timeline first."""
    found = {name: timeline for name, (role, timeline) in roles().items() if role == "p"}
    return sorted(found, key=lambda name: -found[name])


def unhealthy() -> str:
    """Why not every member streams on the timeline of the only primary; empty where they do."""
    found = roles()
    primaries = [name for name, (role, _timeline) in found.items() if role == "p"]
    if len(primaries) != 1 or len(found) != len(MEMBERS):
        return f"members are {found}"
    if len({timeline for _role, timeline in found.values()}) != 1:
        return f"timelines differ: {found}"
    streaming = sql(primaries[0], "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'").split()
    missing = {*MEMBERS} - {*streaming, primaries[0]}
    return f"{', '.join(sorted(missing))} not streaming from {primaries[0]}" if missing else ""


def await_healthy(seconds: float = HEALTHY_SECONDS) -> str:
    """The name of the primary, once all others stream from it."""
    wait_for(lambda: not unhealthy(), seconds, "two standbys streaming", unhealthy)
    return writable()[0]
