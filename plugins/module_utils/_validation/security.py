# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security: what listens and who may come in, plaintext, TLS, files, passwords, updates. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.printed import is_loopback
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import Limits, Row, judged, unanswered

PART = "security"
_RULE = re.compile(r"^([0-9,:]+)(?:/tcp)? +ALLOW +(?:IN +)?(\S+)", re.MULTILINE)


def rows(answer: Mapping[str, Any], limits: Limits) -> list[Row]:
    """:arg answer: C(machines), by name what M(validation_info) found, C(public), ports for everybody, and
    C(behind_proxy), ports that a proxy on it leads to; C(outside), of M(validation_outside_info); C(cluster), of
    M(validation_cluster_info).
    """
    found: list[Row] = []
    for name, machine in sorted((answer.get("machines") or {}).items()):
        if "sockets" not in machine:
            found.append({**unanswered(PART, machine.get("reason") or "it did not answer"), "subject": name})
        else:
            found += _of_machine(name, machine, limits)
    found += _from_outside(answer.get("outside") or {}, limits)
    cluster = answer.get("cluster")
    if cluster is not None:
        weak = cluster.get("weak_roles")
        found.append(
            _counted(
                "cluster",
                "roles with a password that everybody tries",
                weak,
                "weak_passwords",
                limits,
                cluster.get("msg"),
            )
        )
    return found


def _counted(
    subject: str, check: str, names: Iterable[object] | None, limit: str, limits: Limits, reason: object = None
) -> Row:
    """A row about how many there are, which names them."""
    listed = None if names is None else [str(name) for name in names]
    note = str(reason or "it was not asked") if listed is None else ", ".join(listed[:10])
    return judged(PART, subject, check, None if listed is None else len(listed), "", limit, limits, note)


def allowed(status: str) -> dict[int, set[str]]:
    """Sources by port, of the output of C(ufw status). A range of ports counts as its ends."""
    found: dict[int, set[str]] = {}
    for ports, source in _RULE.findall(status):
        for port in re.findall(r"\d+", ports):
            found.setdefault(int(port), set()).add("any" if source.startswith("Anywhere") else source)
    return found


def _of_machine(name: str, machine: Mapping[str, Any], limits: Limits) -> list[Row]:
    rules = allowed(machine.get("firewall") or "")
    public = set(machine.get("public") or [])
    # A member whose clients are all on its machine has no rule.
    known = {*rules, *public, *(machine.get("behind_proxy") or []), *map(int, machine.get("plaintext") or {})}
    is_active = "Status: active" in (machine.get("firewall") or "")
    strangers = sorted(port for port, sources in rules.items() if "any" in sources and port not in public)
    beyond = [
        f"{one['port']} ({one['program']} on {one['address']})"
        for one in machine["sockets"]
        if not is_loopback(one["address"]) and one["port"] not in known
    ]
    return [
        _counted(
            name,
            "ports open to everybody beyond the list",
            [*strangers, *([] if is_active else ["all: the firewall is not active"])],
            "unexpected_ports",
            limits,
        ),
        _counted(name, "ports that listen without a rule", beyond, "unexpected_ports", limits),
        _answers_without_tls(name, machine.get("plaintext") or {}, limits),
        _counted(name, "files that others may read", machine.get("open_files"), "open_files", limits),
        _counted(name, "secrets that are short or well known", machine.get("weak_variables"), "weak_passwords", limits),
        _counted(
            name,
            "security updates that wait",
            machine.get("updates"),
            "security_updates",
            limits,
            machine.get("updates_reason"),
        ),
    ]


def _answers_without_tls(name: str, answers: Mapping[str, Any], limits: Limits) -> Row:
    """What does not answer does not answer in plain text either, but nobody knows what it would."""
    plain = [f"{port}: {said}" for port, (refuses, said) in sorted(answers.items()) if refuses is False]
    silent = [said for _port, (refuses, said) in sorted(answers.items()) if refuses is None]
    return _counted(
        name,
        "answers without TLS",
        None if silent and not plain else plain,
        "plaintext_answers",
        limits,
        "; ".join(silent),
    )


def _from_outside(outside: Mapping[str, Any], limits: Limits) -> list[Row]:
    found = []
    for machine, ports in sorted((outside.get("open") or {}).items()):
        found.append(
            _counted(machine, "ports that the controller reaches beyond the list", ports, "unexpected_ports", limits)
        )
    for host, edge in sorted((outside.get("edges") or {}).items()):
        found += [
            judged(
                PART,
                host,
                "days that the certificate is valid",
                edge["days"],
                "d",
                "certificate_days",
                limits,
                "; ".join(edge["problems"]),
            ),
            _counted(host, "what is wrong with TLS and headers", edge["problems"], "tls_problems", limits),
        ]
    if outside.get("msg") and not found:
        found.append({**unanswered(PART, str(outside["msg"])), "subject": "from outside"})
    return found
