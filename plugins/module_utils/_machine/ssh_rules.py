# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to change in UFW's rules so that the named networks reach SSH, and what somebody else's rules say of it. Pure.

``ufw show added`` has every rule, also of a firewall that is not enabled. UFW replaces a rule by one that differs only in what it does: an
C(allow) of ours would take the place of somebody's C(deny) or C(limit).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._machine.firewall import Rule, as_printed

PURPOSE = "SSH"
ACTIONS = ("allow", "deny", "reject", "limit")
# Profiles of openssh-server's and UFW's own packages.
PROFILES = {"OpenSSH": 22, "SSH": 22}


class Plan(TypedDict):
    """``missing``: sources to allow. ``stale``: rules of this purpose to remove. ``kept``: rules of others that stand where one of this
    purpose would replace them. ``open``: rules of others that let in more than the named sources."""

    missing: list[str]
    stale: list[Rule]
    kept: list[str]
    open: list[str]


@dataclass(frozen=True)
class _Rule:
    text: str
    action: str
    source: str = "any"
    ports: str = ""
    protocol: str = "any"
    comment: str = ""
    # Only some of the machine's addresses or interfaces.
    partial: bool = False

    def covers(self, port: int) -> bool:
        if self.protocol not in ("any", "tcp"):
            return False
        if not self.ports:
            return True
        if self.ports in PROFILES:
            return PROFILES[self.ports] == port
        return any(_in_range(each, port) for each in self.ports.split(","))


def plan(added: str, port: int | str, sources: Iterable[str]) -> Plan:
    """:arg added: output of C(ufw show added), which other lines may surround."""
    wanted = {as_printed(source): source for source in sources}
    rules = list(_rules(added))
    own = [rule for rule in rules if rule.comment == PURPOSE and rule.action == "allow"]
    others = [rule for rule in rules if rule not in own and rule.covers(int(port)) and not rule.partial]
    present = [rule.source for rule in own if rule.ports == str(port)]
    deciding = [rule for rule in others if rule.action != "allow" and rule.source in wanted]
    decided = {rule.source for rule in deciding}
    return {
        "missing": [source for printed, source in wanted.items() if printed not in decided and printed not in present],
        "stale": [
            {"ports": rule.ports, "source": rule.source}
            for rule in own
            if rule.ports != str(port) or rule.source not in wanted
        ],
        "kept": [rule.text for rule in deciding],
        "open": [
            rule.text
            for rule in others
            if "any" not in wanted and rule.source == "any" and rule.action in ("allow", "limit")
        ],
    }


def _rules(added: str) -> Iterator[_Rule]:
    for line in added.splitlines():
        if line.startswith("ufw "):
            try:
                words = shlex.split(line)[1:]
            except ValueError:
                continue
            # Those for what is forwarded (ufw route …), and for what goes out, let nobody in.
            if words and words[0] in ACTIONS and words[1:2] != ["out"]:
                yield _rule(line[len("ufw ") :], words)


def _rule(text: str, words: list[str]) -> _Rule:
    found: dict[str, str] = {}
    partial = False
    side = ""
    left = iter(words[1:])
    for word in left:
        if word in ("from", "to"):
            side = word
            found[side] = next(left, "any")
        elif word in ("port", "app"):
            found[f"{side} port"] = next(left, "")
        elif word in ("proto", "comment"):
            found[word] = next(left, "")
        elif word == "on":
            partial = next(left, "") != ""
        elif word not in ("in", "log", "log-all"):
            found["to port"], _slash, protocol = word.partition("/")
            found.setdefault("proto", protocol or "any")
    return _Rule(
        text=text,
        action=words[0],
        source=as_printed(found.get("from", "any")),
        ports=found.get("to port", ""),
        protocol=found.get("proto", "any"),
        comment=found.get("comment", ""),
        partial=partial or found.get("to", "any") != "any" or bool(found.get("from port")),
    )


def _in_range(ports: str, port: int) -> bool:
    first, _colon, last = ports.partition(":")
    return first.isdigit() and int(first) <= port <= int(last or first)
