# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a machine has room for two colours at the same time."""

from __future__ import annotations

import contextlib
import re
from typing import TypedDict

MEBIBYTE = 1024 * 1024
# Room that stays for everything else, in MiB.
DISK_MARGIN, MEMORY_MARGIN = 1024, 256


class Room(TypedDict):
    """``disks``: free bytes by directory. ``image``: bytes of the running release's image, 0 where the new one is there already.
    ``memory``: available bytes. ``used``: bytes that the running colour uses. ``clients``: its connections to the pooler.
    ``clients_allowed``: how many the environment may have, 0 without a limit.
    """

    disks: dict[str, int]
    image: int
    memory: int
    used: int
    clients: int
    clients_allowed: int


def lacks(room: Room) -> dict[str, str]:
    """By the gate: what does not fit, with the sum."""
    found = {}
    for directory, free in room["disks"].items():
        if free < room["image"] + DISK_MARGIN * MEBIBYTE:
            found["disk"] = (
                f"{directory} has {_mib(free)} free, expected {_mib(room['image'] + DISK_MARGIN * MEBIBYTE)}: the running release's "
                f"image has {_mib(room['image'])}, and {DISK_MARGIN} MiB have to stay. Remove what is not needed (docker image ls), or "
                "enlarge the disk"
            )
    needed = room["used"] + MEMORY_MARGIN * MEBIBYTE
    if room["memory"] < needed:
        found["memory"] = (
            f"{_mib(room['memory'])} are available, expected {_mib(needed)}: the running release uses {_mib(room['used'])}, another "
            f"one will as well, and {MEMORY_MARGIN} MiB have to stay"
        )
    # One more for the migration.
    clients = 2 * room["clients"] + 1
    if 0 < room["clients_allowed"] < clients:
        found["clients"] = (
            f"two releases need {clients} clients of the pooler (the running one has {room['clients']} now, and a migration is one), "
            f"expected at most {room['clients_allowed']} (max_clients in pgbouncer_environments)"
        )
    return found


def _mib(size: int) -> str:
    return f"{size // MEBIBYTE} MiB"


_UNITS = {"B": 1, "KiB": 1024, "MiB": MEBIBYTE, "GiB": 1024 * MEBIBYTE, "TiB": 1024 * 1024 * MEBIBYTE}


def size(text: str) -> int:
    """Bytes of what `docker stats` tells, as in ``97.8MiB / 1GiB``."""
    found = re.match(r"([0-9.]+)\s*([A-Za-z]+)", text.strip())
    return int(float(found[1]) * _UNITS.get(found[2], 0)) if found else 0


def available(path: str = "/proc/meminfo") -> int:
    """Bytes of memory that programs can have without swapping."""
    with open(path, encoding="ascii") as file:
        found = re.search(r"(?m)^MemAvailable:\s+([0-9]+) kB$", file.read())
    return int(found[1]) * 1024 if found else 0


def connections(pid: int, port: int, root: str = "/proc") -> int:
    """How many connections to that port, elsewhere, the network of a process has."""
    count = 0
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"{root}/{pid}/net/{table}", encoding="ascii") as file:
            # Local and remote address, then the state: 01 is established.
            rows = [line.split() for line in file.readlines()[1:]]
            count += sum(row[3] == "01" and int(row[2].rpartition(":")[2], 16) == port for row in rows)
    return count


def told(room: Room) -> str:
    """What there is, in words."""
    disks = ", ".join(f"{_mib(free)} free in {directory}" for directory, free in room["disks"].items())
    limit = f" of {room['clients_allowed']}" if room["clients_allowed"] else ", which are not limited here"
    return (
        f"{disks}; {_mib(room['memory'])} of memory, the running release uses {_mib(room['used'])}; {room['clients']} clients of the "
        f"pooler{limit}"
    )
