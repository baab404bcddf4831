# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an adopted cluster still has from before its adoption, each with what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind

LOCALE = "UTF8 C.UTF-8"


# By member name.
Adopted = Mapping[str, Instance]


def report(members: Sequence[Member], instances: Instances, topology: Topology) -> list[str]:
    """One sentence for each thing that is left, an empty list for a cluster that was not adopted."""
    known = {name: instance for name, instance in instances.items() if instance}
    adopted = {
        name: known[name]
        for name in (member["name"] for member in members)
        if name in known and known[name]["adopted_at"] and known[name]["managed"]
    }
    if not adopted:
        return []
    primary = known.get(str(topology["primary"]))
    left = [
        *_restarts(adopted),
        *_rules(adopted),
        *(_passwords(primary) if primary else ()),
        *_settings(adopted),
        *(_slots(primary, members) if primary else ()),
        *_checksums(adopted),
        *(_locales(primary) if primary else ()),
    ]
    directories = [member["config_directory"] + "/adopted" for member in members if member["name"] in adopted]
    return [
        *left,
        f"the files from before the adoption are kept in {', '.join(directories)}; this report ends when they are removed",
    ]


def _restarts(adopted: Adopted) -> Iterator[str]:
    pending = {
        name: instance["pending_restart"]
        for name, instance in adopted.items()
        if instance["pending_restart"] and instance["restarted_since_adoption"] is False
    }
    if pending:
        listed = "; ".join(f"{', '.join(settings)}: {names}" for names, settings in _grouped(pending))
        yield (
            f"pending restart ({listed}): run with -e postgres_adopt_restart=true at a time of your choice, which closes the "
            "connections of each of these members once. Never restart the primary before its standbys by hand"
        )


def _rules(adopted: Adopted) -> Iterator[str]:
    for names, rules in _grouped({name: instance["adopted_rules"] for name, instance in adopted.items()}):
        open_ones = [line for line in rules if line.split()[-1] == "trust"]
        without = f", {len(open_ones)} of them without a password (trust)" if open_ones else ""
        yield (
            f"{names}: {len(rules)} access rules from before the adoption stay in force{without}, and every role may connect to the "
            "databases that existed then. Once no client needs them: -e postgres_adopted_rules=drop; single ones: edit "
            "pg_hba.conf.adopted"
        )


def _passwords(primary: Instance) -> Iterator[str]:
    roles = primary["md5_roles"]
    if roles:
        yield (
            f"passwords kept as MD5: {', '.join(roles)}. They log in by the old access rules only, not through PgBouncer. "
            r"Set each again, to the same if you like (psql: \password NAME), and it is kept as SCRAM"
        )


def _settings(adopted: Adopted) -> Iterator[str]:
    for file, names_of in (
        ("conf.d/00-adopted.conf", {name: instance["adopted_settings"] for name, instance in adopted.items()}),
        ("postgresql.auto.conf", {name: instance["auto_conf"] for name, instance in adopted.items()}),
    ):
        for names, settings in _grouped(names_of):
            yield f"{names}: settings stay in {file}: {', '.join(settings)}"


def _slots(primary: Instance, members: Iterable[Member]) -> Iterator[str]:
    own = [member["slot"] for member in members]
    for slot in primary["slots"] or []:
        if slot["name"] in own:
            continue
        bytes_kept = _distance(primary["lsn"], slot["restart_lsn"])
        state = "is in use" if slot["active"] else "is not used by anybody"
        yield (
            f"slot {slot['name']} is from before the adoption, {state} and keeps {bytes_kept} bytes of WAL"
            + (
                ""
                if slot["active"]
                else f": SELECT pg_drop_replication_slot('{slot['name']}') when nobody will come back for it"
            )
        )


def _checksums(adopted: Adopted) -> Iterator[str]:
    without = [name for name, instance in adopted.items() if instance["data_checksums"] is False]
    if without:
        yield (
            f"no data checksums: {', '.join(without)}. They can only be had with the member stopped (pg_checksums --enable), the "
            "standbys first, or by a new cluster"
        )


def _locales(primary: Instance) -> Iterator[str]:
    others = {name: locale for name, locale in (primary["locales"] or {}).items() if locale != LOCALE}
    if others:
        listed = ", ".join(f"{name} ({locale})" for name, locale in sorted(others.items()))
        yield f"encoding and collation other than {LOCALE}: {listed}. Only dump and restore changes them"


def _distance(lsn: str | None, restart_lsn: str | None) -> int:
    return bytes_behind(lsn, restart_lsn) if lsn and restart_lsn else 0


def _grouped(values: Mapping[str, list[str] | None]) -> list[tuple[str, list[str]]]:
    """(names, value) for each value that is not empty, the names of all that share it together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, value in values.items():
        if value:
            groups.setdefault(tuple(value), []).append(name)
    return [(", ".join(names), list(value)) for value, names in groups.items()]
