# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The setting C(synchronous_standby_names): how it is read, and how it is made. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

# quorum: a number of standbys confirm a commit, one if nothing else is said. all: every one of them does. async: none.
MODES = ("quorum", "all", "async")


# Values of synchronous_commit with which a commit waits for no standby, as they may be written in a file and of a role; and one with
# which it waits for less than the standby's disk.
_NOT_WAITING = ("off", "false", "no", "0", "local")
_NOT_FLUSHED = "remote_write"


class SynchronousSetting(TypedDict):
    """C(synchronous_standby_names) or C(synchronous_commit) as it stands somewhere. ``source`` says where, in words."""

    name: str
    value: str
    source: str


class Weakest(TypedDict):
    """What is sure of every commit, by all settings that could be read.

    ``confirmations``: how many standbys confirmed it. ``listed``: names of the standbys that may have, None for any.
    ``weak_commits``: sentences about commits that waited for less.
    """

    confirmations: int
    listed: list[str] | None
    weak_commits: list[str]


def confirmations(synchronous_standby_names: str | None) -> int:
    """How many standbys confirm a commit: the number of C(ANY n (...)), 0 where the setting is empty."""
    found = re.match(r"\s*(?:ANY|FIRST)?\s*(\d+)\s*\(", synchronous_standby_names or "", re.IGNORECASE)
    if found:
        return int(found.group(1))
    return 1 if (synchronous_standby_names or "").strip() else 0


def listed(synchronous_standby_names: str | None) -> list[str] | None:
    """Names of the standbys that may confirm a commit, None for any (C(*))."""
    inner = re.search(r"\((.*)\)", synchronous_standby_names or "", re.DOTALL)
    text = inner.group(1) if inner else synchronous_standby_names or ""
    names = [quoted.replace('""', '"') or plain for quoted, plain in re.findall(r'"((?:[^"]|"")*)"|([^\s,"]+)', text)]
    return None if "*" in names else names


def weakest(settings: Iterable[SynchronousSetting]) -> Weakest:
    """What is sure of every commit of a primary whose settings, or its standbys', were read."""
    found = list(settings)
    names = [each["value"] for each in found if each["name"] == "synchronous_standby_names"]
    lists = [listed(value) for value in names]
    known = [name for each in lists for name in each or []]
    return {
        "confirmations": min((confirmations(value) for value in names), default=0),
        "listed": None if None in lists else list(dict.fromkeys(known)),
        "weak_commits": list(dict.fromkeys(_weak_commit(each) for each in found if _is_weak(each))),
    }


def _is_weak(setting: SynchronousSetting) -> bool:
    return setting["name"] == "synchronous_commit" and setting["value"].lower() in (*_NOT_WAITING, _NOT_FLUSHED)


def _weak_commit(setting: SynchronousSetting) -> str:
    lost = "may be lost" + (
        " where the standby's machine crashed too" if setting["value"].lower() == _NOT_FLUSHED else ""
    )
    return f"commits with synchronous_commit={setting['value']} ({setting['source']}) {lost}"


def standby_names(mode: str, members: Mapping[str, str], count: int = 1) -> dict[str, str]:
    """The setting of each member, by its name, so that any of them can be the primary.

    A standby on the primary's own machine is lost with it. So a member's list has the members of other machines alone where these are
    more than have to confirm, so that one may be down; else all others.

    :arg mode: one of C(MODES).
    :arg members: the machine of each member of the cluster, by the member's name.
    :arg count: how many confirm a commit in mode quorum.
    """
    return {name: _setting(mode, members, name, count) for name in members}


def without_new(members: Mapping[str, str], apart: Iterable[str], running: str | None) -> dict[str, str]:
    """The members that may be counted: all but those that confirm nothing yet and that the primary does not count.

    :arg apart: names of members that have no data, do not follow, or were left aside. One that is counted has lost its data or is down, and
        is waited for as before.
    :arg running: the setting that the primary runs with.
    """
    new = {*apart} - {*(listed(running) or ())}
    return {name: machine for name, machine in members.items() if name not in new}


def standby_names_during_adoption(
    mode: str, members: Sequence[str], before: str | None, connected: Sequence[str], count: int = 1
) -> str:
    """The setting of a primary whose standbys still follow it by the names that somebody else gave them.

    With the members' names alone no commit would be confirmed before every standby has its new name.

    :arg before: the setting as it was. Where it was empty it stays so, since commits must not begin to wait yet.
    :arg connected: names by which standbys follow the primary now.
    """
    return _any(_required(mode, len(members) - 1, count), [*members, *connected]) if before else ""


def _setting(mode: str, members: Mapping[str, str], own: str, count: int) -> str:
    others = [name for name in members if name != own]
    away = [name for name in others if members[name] != members[own]]
    required = _required(mode, len(others), count)
    return _any(required, away if len(away) > required else others)


def _required(mode: str, standbys: int, count: int) -> int:
    if mode not in MODES:
        raise ValueError(f"the mode is {mode}, expected one of {', '.join(MODES)}")
    return {"quorum": min(count, standbys), "all": standbys, "async": 0}[mode]


def _any(count: int, names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in dict.fromkeys(names))
    return f"ANY {count} ({quoted})" if count else ""
