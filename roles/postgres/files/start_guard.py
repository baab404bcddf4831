# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a former primary from coming up writable beside a newer one.

systemd runs it before every start of a member: `start_guard.py CONFIGURATION VERSION-CLUSTER`; exit code 0 lets it start.
A standby always may. A member that would take writes asks its peers: nobody may be on a newer timeline or take writes, and
somebody has to follow its own timeline, or all have to answer. Peers that are silent are asked again until the time is up.
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
QUERY = """SELECT (SELECT system_identifier FROM pg_control_system()), NOT pg_is_in_recovery(),
  CASE WHEN pg_is_in_recovery() THEN (
    SELECT greatest(c.timeline_id, r.min_recovery_end_timeline, w.received_tli,
      (SELECT max(('x' || left(name, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'))
    FROM pg_control_checkpoint() c CROSS JOIN pg_control_recovery() r LEFT JOIN pg_stat_wal_receiver w ON true)
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END"""
POLL_SECONDS = 1


class Instance(TypedDict):
    """What a member is, by its files or by its own answer."""

    system_identifier: str
    timeline: int
    writable: bool
    standby: bool


class Member(TypedDict):
    """A member as the configuration describes it. ``instance`` is the unit's, ``local`` whether it is on this machine."""

    name: str
    instance: str
    local: bool
    conninfo: str
    version: int
    data_directory: str
    config_directory: str


class Configuration(TypedDict):
    members: list[Member]
    start_without_peers: bool
    timeout: float


def decide(own: Instance, peers: Mapping[str, Instance | None], silence_allows: bool) -> tuple[bool, str]:
    """(whether it may start, why).

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
    followers = [name for name, peer in known.items() if peer["standby"] and peer["timeline"] == timeline]
    if followers:
        return True, f"{', '.join(followers)} on the same timeline {timeline}"
    silent = ", ".join(name for name, peer in peers.items() if peer is None)
    if not silent:
        return True, "every peer answered, and none is newer"
    return silence_allows, f"{silent} cannot be asked, and no standby is on the same timeline {timeline}"


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
    return {
        "system_identifier": control["Database system identifier"],
        "writable": False,
        "standby": (data / "standby.signal").exists(),
        "timeline": max([int(timeline or 0) for timeline in timelines] + histories),
    }


def running(peer: Member) -> Instance | None:
    """What a running member says; None when it does not answer."""
    command = ["psql", "-XAtqw", "-F", " ", "-d", peer["conninfo"], "-c", QUERY]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:
        return None
    words = done.stdout.split()
    if done.returncode or len(words) != 3:
        return None
    writable = words[1] == "t"
    return {
        "system_identifier": words[0],
        "writable": writable,
        "standby": not writable,
        "timeline": int(words[2]),
    }


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

    deadline = time.monotonic() + configuration["timeout"]
    while True:
        answers = {
            peer["name"]: running(peer) or (on_disk(peer) if peer["local"] else None)
            for peer in members
            if peer is not own
        }
        may, why = decide(mine, answers, configuration["start_without_peers"])
        if may or None not in answers.values() or time.monotonic() > deadline:
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
