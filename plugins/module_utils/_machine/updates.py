# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt would upgrade, what still runs from replaced files, and whether a machine has to reboot: read from what programs print. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypedDict


class Update(TypedDict):
    """A package and its versions; ``installed`` is None for one that comes as a new dependency, as a kernel does."""

    name: str
    installed: str | None
    candidate: str


class Policy(TypedDict):
    """What C(apt-cache policy) says of a package. ``phased``: the percentage of machines that the candidate is meant for so far."""

    installed: str | None
    candidate: str | None
    phased: int | None


class Simulation(TypedDict):
    """What C(apt-get --simulate) would do."""

    updates: list[Update]
    removed: list[str]


def matching(installed: Iterable[str], patterns: Collection[str]) -> list[str]:
    """The installed packages that have a name like one of the patterns."""
    return sorted(name for name in set(installed) if any(fnmatchcase(name, pattern) for pattern in patterns))


def policies(text: str) -> dict[str, Policy]:
    """By package, from C(apt-cache policy)."""
    found: dict[str, Policy] = {}
    current: Policy | None = None
    for line in text.splitlines():
        if line and not line.startswith(" ") and line.endswith(":"):
            current = found[line[:-1]] = {"installed": None, "candidate": None, "phased": None}
        elif current is None:
            continue
        elif match := re.match(r"  Installed: (\S+)$", line):
            current["installed"] = _version(match[1])
        elif match := re.match(r"  Candidate: (\S+)$", line):
            current["candidate"] = _version(match[1])
        elif (match := re.match(r"(?: {5}| \*{3} )(\S+) -?\d+ \(phased (\d+)%\)$", line)) and match[1] == current[
            "candidate"
        ]:
            current["phased"] = int(match[2])
    return found


def newer(found: Mapping[str, Policy]) -> list[str]:
    """The packages of which apt would install another version. A candidate is never older, unless a pin of the machine's says so."""
    return [
        name
        for name, policy in found.items()
        if policy["installed"] and policy["candidate"] and policy["installed"] != policy["candidate"]
    ]


def why_not(name: str, policy: Policy, held: Collection[str]) -> str | None:
    """Why an upgrade has to wait, as half a sentence; None where nothing is in its way."""
    if name in held:
        return "held on the machine (apt-mark unhold)"
    if policy["phased"] is not None and policy["phased"] < 100:
        return f"phased, meant for {policy['phased']} % of machines so far"
    return None


def simulation(text: str) -> Simulation:
    """From C(apt-get --simulate)."""
    updates: list[Update] = []
    for match in re.finditer(r"^Inst (\S+) (?:\[(\S+)\] )?\((\S+) ", text, re.MULTILINE):
        updates.append({"name": match[1], "installed": match[2], "candidate": match[3]})
    return {"updates": updates, "removed": re.findall(r"^(?:Remv|Purg) (\S+)", text, re.MULTILINE)}


def security_updates(text: str, excluded: Collection[str]) -> dict[str, int]:
    """How many pending packages close holes: those that come by themselves, and those that C(excluded) leaves to a patch run.

    The sources of projects (PGDG's, Docker's) do not tell security updates from others: of what is excluded, all of theirs count.

    :arg text: output of C(apt-get --simulate dist-upgrade).
    :arg excluded: regular expressions for the beginning of names, as unattended-upgrades takes them.
    """
    found = {"unattended-upgrades": 0, "patch": 0}
    for name, origins in re.findall(r"^Inst (\S+) \[\S+\] \(\S+ (.*?)(?: \[\S+\])?\)", text, re.MULTILINE):
        left_out = any(re.match(pattern, name) for pattern in excluded)
        closes_a_hole = any(
            re.search(r"^Debian-Security:|-security$", origin)
            or (left_out and not re.match(r"(Debian|Ubuntu)\S*:", origin))
            for origin in origins.split(", ")
        )
        if closes_a_hole:
            found["patch" if left_out else "unattended-upgrades"] += 1
    return found


def runs_replaced_files(maps: str) -> bool:
    """Whether a process, by its C(/proc/PID/maps), runs a program or library that was replaced since it began."""
    return any(
        re.search(r" (?:/usr|/lib\w*|/opt|/s?bin)/\S+ \(deleted\)$", line) and " r-xp " in line
        for line in maps.splitlines()
    )


def newer_kernel(running: str, images: Iterable[str]) -> str | None:
    """The newest installed kernel of the running one's flavour (cloud-amd64, say), where that is newer; None where it is not.

    :arg images: names of the images in C(/boot).
    """
    flavour = _flavour(running)
    releases = [name[len("vmlinuz-") :] for name in images if name.startswith("vmlinuz-")]
    newest = max((each for each in releases if _flavour(each) == flavour), key=_numbers, default=None)
    return newest if newest and _numbers(newest) > _numbers(running) else None


def _version(text: str) -> str | None:
    return None if text == "(none)" else text


def _flavour(release: str) -> str:
    match = re.search(r"-([a-z][a-z0-9-]*)$", release)
    return match[1] if match else ""


def _numbers(release: str) -> list[int]:
    flavour = _flavour(release)
    return [int(each) for each in re.findall(r"\d+", release[: len(release) - len(flavour)])]
