# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an adopted cluster still has of before, each with what to do about it. Pure."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind

LOCALE = "UTF8 C.UTF-8"


def report(members, answers, topology):
    """One sentence for each thing that is left, an empty list for a cluster that was not adopted.

    :arg members: list of dicts as given by ``members.members_of``.
    :arg answers: mapping of member name to its discovery answer.
    :arg topology: decision of ``topology.decide``.
    """
    adopted = {
        member["name"]: answers[member["name"]]
        for member in members
        if (answers.get(member["name"]) or {}).get("adopted_at") and answers[member["name"]].get("managed")
    }
    if not adopted:
        return []
    primary = answers.get(topology["primary"]) or {}
    found = [
        *_restarts(adopted),
        *_rules(adopted),
        *_passwords(primary),
        *_settings(adopted),
        *_slots(primary, members),
        *_rebuild(adopted, primary),
    ]
    directories = [member["config_directory"] + "/adopted" for member in members if member["name"] in adopted]
    return [
        *found,
        f"the files as they were are kept in {', '.join(directories)}; this report ends when they are removed",
    ]


def _restarts(adopted):
    pending = {
        name: answer["pending_restart"]
        for name, answer in adopted.items()
        if answer.get("pending_restart") and answer.get("restarted_since_adoption") is False
    }
    if pending:
        listed = "; ".join(f"{', '.join(settings)}: {names}" for names, settings in _grouped(pending))
        yield (
            f"pending restart ({listed}): run with -e postgres_adopt_restart=true at a time of your choice, which closes the "
            "connections of each of these members once. Never restart the primary before its standbys by hand"
        )


def _rules(adopted):
    for names, rules in _grouped({name: answer.get("adopted_rules") for name, answer in adopted.items()}):
        open_ones = [line for line in rules if line.split()[-1] == "trust"]
        without = f", {len(open_ones)} of them without a password (trust)" if open_ones else ""
        yield (
            f"{names}: {len(rules)} access rules of before stay in force{without}, and every role may connect to the databases that "
            "were there. Once no client needs them: -e postgres_adopted_rules=drop; single ones: edit pg_hba.conf.adopted"
        )


def _passwords(primary):
    roles = primary.get("md5_roles")
    if roles:
        yield (
            f"passwords kept as MD5: {', '.join(roles)}. They log in by the rules of before only, not through PgBouncer. "
            r"Set each again, to the same if you like (psql: \password NAME), and it is kept as SCRAM"
        )


def _settings(adopted):
    for key, place in (("adopted_settings", "conf.d/00-adopted.conf"), ("auto_conf", "postgresql.auto.conf")):
        for names, settings in _grouped({name: answer.get(key) for name, answer in adopted.items()}):
            yield f"{names}: settings stay in {place}: {', '.join(settings)}"


def _slots(primary, members):
    own = [member["slot"] for member in members]
    for slot in primary.get("slots") or []:
        if slot["name"] in own:
            continue
        bytes_kept = _distance(primary.get("lsn"), slot.get("restart_lsn"))
        state = "is in use" if slot["active"] else "is not used by anybody"
        yield (
            f"slot {slot['name']} is of before, {state} and keeps {bytes_kept} bytes of WAL"
            + (
                ""
                if slot["active"]
                else f": SELECT pg_drop_replication_slot('{slot['name']}') when nobody will come back for it"
            )
        )


def _rebuild(adopted, primary):
    without = [name for name, answer in adopted.items() if answer.get("data_checksums") is False]
    if without:
        yield (
            f"no data checksums: {', '.join(without)}. They can only be had with the member stopped (pg_checksums --enable), the "
            "standbys first, or by a new cluster"
        )
    others = {name: locale for name, locale in (primary.get("locales") or {}).items() if locale != LOCALE}
    if others:
        listed = ", ".join(f"{name} ({locale})" for name, locale in sorted(others.items()))
        yield f"encoding and collation other than {LOCALE}: {listed}. Only dump and restore changes them"


def _distance(lsn, restart_lsn):
    return bytes_behind(lsn, restart_lsn) if lsn and restart_lsn else 0


def _grouped(values):
    """(names, value) for each value that is not empty, the names of all that share it together."""
    groups = {}
    for name, value in values.items():
        if value:
            groups.setdefault(tuple(value), []).append(name)
    return [(", ".join(names), list(value)) for value, names in groups.items()]
