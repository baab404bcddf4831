# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a former primary from coming up writable beside a newer one.

systemd runs it before every start of a member: `start_guard.py CONFIGURATION VERSION-CLUSTER`; exit code 0 lets it start.
A standby always may. A member that would take writes asks its peers: nobody may be on a newer timeline or take writes, and so many
have to follow it that no failover can have gone without them; or else all have to answer, and none may be detached by a failover.
Peers that are silent or detached are asked again until the time is up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

# A file start-VERSION-CLUSTER there lets the member start once, without a question, while it is that young.
ALLOWED_ONCE = Path("/run/postgresql")
ALLOWED_SECONDS = 600
# As in plugins/module_utils/_discovery/queries.py: the control file alone names an old timeline for a while.
QUERY = """SELECT json_build_object(
  'system_identifier', (SELECT system_identifier::text FROM pg_control_system()),
  'writable', NOT pg_is_in_recovery(),
  'primary_conninfo', current_setting('primary_conninfo'),
  'detached_from', coalesce(current_setting('plannerate.detached_from', true), ''),
  'timeline', CASE WHEN pg_is_in_recovery() THEN (
    SELECT greatest(c.timeline_id, r.min_recovery_end_timeline, w.received_tli,
      (SELECT max(('x' || left(name, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'))
    FROM pg_control_checkpoint() c CROSS JOIN pg_control_recovery() r LEFT JOIN pg_stat_wal_receiver w ON true)
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END)"""
POLL_SECONDS = 1


class Instance(TypedDict):
    """What a member is, by its files or by its own answer. A standby's ``primary_conninfo`` says whom it was told to follow."""

    system_identifier: str
    timeline: int
    writable: bool
    standby: bool
    primary_conninfo: str
    detached_from: str


class Member(TypedDict):
    """A member as the configuration describes it.

    ``instance`` is the unit's, ``local`` whether it is on this machine, ``confirmations`` how many standbys confirm its commits.
    """

    name: str
    instance: str
    local: bool
    machine: str
    address: str
    port: int
    confirmations: int
    conninfo: str
    version: int
    data_directory: str
    config_directory: str


class Configuration(TypedDict):
    members: list[Member]
    start_without_peers: bool
    timeout: float


def decide(
    own: Instance, member: Member, peers: Mapping[str, Instance | None], silence_allows: bool
) -> tuple[bool, str]:
    """(whether it may start, why).

    A failover that loses nothing needs all standbys but one less than confirm a commit, and detaches them. So as many as confirm one
    that still follow prove that there was none.

    :arg peers: by name; None if it is silent.
    :arg silence_allows: whether it may start although nobody answers.
    """
    identifier, timeline = own["system_identifier"], own["timeline"]
    known = {name: peer for name, peer in peers.items() if peer and peer["system_identifier"] == identifier}
    for name, peer in known.items():
        if peer["timeline"] > timeline:
            return False, f"{name} is on timeline {peer['timeline']}, newer than its own {timeline}"
        if peer["writable"]:
            return False, f"{name} takes writes"
    followers = [name for name, peer in known.items() if peer["standby"] and follows(peer, member)]
    needed = max(1, member["confirmations"])
    if len(followers) >= needed:
        return True, f"{', '.join(followers)} told to follow it on timeline {timeline}"
    detached = [name for name, peer in known.items() if peer["detached_from"]]
    if detached:
        return False, (
            f"{', '.join(detached)} was detached by a failover that has not ended. Run the failover playbook again, which finishes it"
        )
    silent = ", ".join(name for name, peer in peers.items() if peer is None)
    if not silent:
        return True, "every peer answered, and none is newer"
    return silence_allows, f"{silent} cannot be asked, and of the others {len(followers)} follow it, expected {needed}"


def follows(peer: Instance, member: Member) -> bool:
    """Whether a standby is told to follow a member, and no failover has detached it."""
    told = dict(re.findall(r"(\w+)\s*=\s*'?([^'\s]*)", peer["primary_conninfo"]))
    host = {told.get("host"), told.get("hostaddr")} & {member["machine"], member["address"]}
    return not peer["detached_from"] and bool(host) and told.get("port", "5432") == str(member["port"])


def setting(text: str, name: str) -> str | None:
    """Value of a setting in configuration files, the last one as the server takes it."""
    values = re.findall(rf"^\s*{re.escape(name)}\s*=?\s*(?:'((?:[^']|'')*)'|([^\s#]+))", text, re.M)
    return (values[-1][0].replace("''", "'") or values[-1][1]) if values else None


def settings_text(member: Member) -> str:
    """The configuration files of a member of this machine, in the order in which the server reads them."""
    paths = [
        *sorted(Path(member["config_directory"]).glob("conf.d/*.conf")),
        Path(member["data_directory"], "postgresql.auto.conf"),
    ]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths if path.exists())


def confirmations(member: Member) -> int:
    """How many standbys confirm a commit of a member of this machine, by its files or the inventory, whichever says more."""
    found = re.match(
        r"(?:ANY|FIRST)?\s*(\d+)\s*\(", setting(settings_text(member), "synchronous_standby_names") or "", re.I
    )
    return max(int(found.group(1)) if found else 0, member["confirmations"])


def on_disk(member: Member) -> Instance | None:
    """What a member of this machine is by its files; None when there are none."""
    data = Path(member["data_directory"])
    if not (data / "global" / "pg_control").exists():
        return None
    program = f"/usr/lib/postgresql/{member['version']}/bin/pg_controldata"
    output = subprocess.run([program, data], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stdout
    control = dict(re.findall(r"^([^:\n]+): +(.*)$", output, re.M))
    timelines = [control.get("Latest checkpoint's TimeLineID"), control.get("Min recovery ending loc's timeline")]
    # Right after a promotion only the history file tells the new timeline.
    histories = [int(path.stem, 16) for path in (data / "pg_wal").glob("????????.history")]
    text = settings_text(member)
    return {
        "system_identifier": control["Database system identifier"],
        "writable": False,
        "standby": (data / "standby.signal").exists(),
        "timeline": max([int(timeline or 0) for timeline in timelines] + histories),
        "primary_conninfo": setting(text, "primary_conninfo") or "",
        "detached_from": setting(text, "plannerate.detached_from") or "",
    }


def running(peer: Member) -> Instance | None:
    """What a running member says; None when it does not answer."""
    command = ["psql", "-XAtqw", "-d", peer["conninfo"], "-c", QUERY]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode or not done.stdout.strip():
        return None
    answer: Instance = json.loads(done.stdout)
    answer["standby"] = not answer["writable"]
    return answer


def judge(configuration: Configuration, instance: str) -> tuple[bool, str | None]:
    """(whether the member may start, what to say about it)."""
    members = configuration["members"]
    own = next((member for member in members if member["instance"] == instance and member["local"]), None)
    if own is None:
        return True, f"{instance} is not one of the inventory's members: started as it is"
    directory = Path(own["config_directory"])
    if (directory / "rejoin.incomplete").exists():
        return False, f"{own['name']} is half rewound: run the rejoin playbook, which finishes that"
    mine = on_disk(own)
    # Without the marker the member has never been part of a cluster.
    if mine is None or mine["standby"] or not (directory / "system_identifier").exists():
        return True, None
    allowed = ALLOWED_ONCE / f"start-{instance}"
    if allowed.exists():
        age = time.time() - allowed.stat().st_mtime
        allowed.unlink()
        if age < ALLOWED_SECONDS:
            return True, f"{own['name']} starts because of {allowed}"

    own["confirmations"] = confirmations(own)
    deadline = time.monotonic() + configuration["timeout"]
    while True:
        answers = {
            peer["name"]: running(peer) or (on_disk(peer) if peer["local"] else None)
            for peer in members
            if peer is not own
        }
        may, why = decide(mine, own, answers, configuration["start_without_peers"])
        unsettled = any(peer is None or peer["detached_from"] for peer in answers.values())
        if may or not unsettled or time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    if may:
        return True, f"{own['name']} starts and takes writes: {why}"
    return False, (
        f"{own['name']} must not start as a primary: {why}. If another member is the primary, run the rejoin playbook. "
        f"If {own['name']} is the right primary and you are sure that no other member accepts writes: touch {allowed}, then start it again"
    )


def main() -> int:
    may, message = judge(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2])
    if message:
        print(message, file=sys.stderr)
    return 0 if may else 1


if __name__ == "__main__":
    sys.exit(main())
