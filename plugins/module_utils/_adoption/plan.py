# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that somebody else set up: which they are, and what of them stays as it was. Pure.

Takes the answers of M(plannerate.infra.postgres_cluster_info).
"""

from __future__ import annotations

# What says where the member's files are, or whom it follows, stands in files of its own.
PLACES = (
    "data_directory",
    "hba_file",
    "external_pid_file",
    "port",
    "primary_slot_name",
    "recovery_target_timeline",
)


def foreign(answers):
    """Names of the members that have data and were not set up by this collection."""
    return [name for name, answer in answers.items() if answer.get("managed") is False and has_data(answer)]


def has_data(answer):
    return answer.get("state") in ("running", "stopped", "unresponsive")


def rules(answers, name):
    """The access rules that stay in force on a member: its own, then those that only others have.

    Any member may be the primary one day, and clients find their rule there too.
    """
    found = {}
    for answer in (answers[name], *answers.values()):
        for line in answer.get("adopted_rules") or []:
            found.setdefault(" ".join(line.split()), line)
    return list(found.values())


def kept_settings(answer, managed):
    """Settings of the member's own files that this collection does not set, by name.

    :arg managed: names that it sets.
    """
    settings = answer.get("file_settings") or {}
    return {name: value for name, value in sorted(settings.items()) if name not in managed and name not in PLACES}


def overrides(answer, managed):
    """Names in C(postgresql.auto.conf) that would win over what this collection sets."""
    names = (*managed, *PLACES, "primary_conninfo")
    return [name for name in answer.get("auto_conf") or [] if name in names]


def plan(member, answers, settings):
    """What adopting this member would do, as a mapping from a heading to sentences or names.

    :arg settings: settings that this collection sets, by name.
    """
    answer = answers[member["name"]]
    before = answer.get("file_settings") or {}
    running = answer.get("restart_settings") or {}
    waiting = [
        f"{name}: {running[name]} becomes {value}"
        for name, value in sorted(settings.items())
        if name in running and value != "-1" and not _same(running[name], value)
    ]
    return {
        "member": f"{member['name']} is {place(member)}, a running {answer['role']}",
        "keeps": f"data, passwords, {len(rules(answers, member['name']))} rules of pg_hba.conf before the collection's own",
        "keeps settings": list(kept_settings(answer, settings)),
        "changes settings": [
            f"{name}: {before[name]} becomes {value}"
            for name, value in sorted(settings.items())
            if name in before and name not in running and not _same(before[name], value)
        ],
        "resets in postgresql.auto.conf": overrides(answer, settings),
        "waits for a restart": waiting,
        "keeps the files as they were": f"{member['config_directory']}/adopted",
    }


def place(member):
    return f"{member['version']}/{member['cluster']} on {member['machine']}:{member['port']}"


def _same(before, after):
    return str(before).lower() == str(after).lower()
