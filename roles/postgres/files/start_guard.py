# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a former primary from coming up writable beside a newer one.

systemd runs it before every start of a member: `start_guard.py CONFIGURATION VERSION-CLUSTER`; exit code 0 lets it start.
A standby always may. A member that would take writes asks its peers. It starts when so many of them are still told to follow it that
no failover can have gone past them; else all of them have to answer (docs/decisions/0015). Nobody may be on a newer timeline or take
writes. Peers that are silent, or detached by a failover, are asked again until the time is up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypedDict

# A file start-VERSION-CLUSTER there lets the member start once, without a question, while it is that young.
ALLOWED_ONCE = Path("/run/postgresql")
ALLOWED_SECONDS = 600
# The timeline as in plugins/module_utils/_discovery/queries.py: the control file alone names an old one for a while. A peer that has
# lost its primary has no WAL receiver to ask, so what tells whom it follows is its setting, which pg_monitor may read.
QUERY = """SELECT json_build_object('system_identifier', (SELECT system_identifier::text FROM pg_control_system()),
  'writable', NOT pg_is_in_recovery(), 'standby', pg_is_in_recovery(), 'primary_conninfo', current_setting('primary_conninfo'),
  'detached_from', coalesce(current_setting('plannerate.detached_from', true), ''), 'timeline',
  CASE WHEN pg_is_in_recovery() THEN (
    SELECT greatest(c.timeline_id, r.min_recovery_end_timeline, w.received_tli,
      (SELECT max(('x' || left(name, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'))
    FROM pg_control_checkpoint() c CROSS JOIN pg_control_recovery() r LEFT JOIN pg_stat_wal_receiver w ON true)
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END)"""
POLL_SECONDS = 1
# A line of a configuration file, and a keyword of a connection string: the name, then the value in quotes or without.
SETTING = re.compile(
    r"^[ \t]*([A-Za-z_][\w.]*)[ \t]*(?:=|[ \t])[ \t]*(?:'((?:[^'\\\n]|''|\\.)*)'|([^\s#']+))", re.MULTILINE
)
KEYWORD = re.compile(r"(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))")
# What a peer can be. AHEAD is on a newer timeline or takes writes, which no further question changes.
AHEAD, DETACHED, SILENT, OTHER, FOLLOWS = range(5)


class Instance(TypedDict):
    """What a member is, by its files or by its own answer."""

    system_identifier: str
    timeline: int
    writable: bool
    standby: bool
    primary_conninfo: str
    detached_from: str


class Member(TypedDict):
    """A member as the configuration describes it. ``instance`` is the unit's, ``local`` whether it is on this machine.

    ``synchronous_standby_names`` is what the inventory says; what the member's files say may differ.
    """

    name: str
    instance: str
    local: bool
    machine: str
    address: str | None
    port: int
    conninfo: str
    version: int
    data_directory: str
    config_directory: str
    synchronous_standby_names: str


class Configuration(TypedDict):
    members: list[Member]
    start_without_peers: bool
    timeout: float


class Peer(NamedTuple):
    """What a peer is for the member that wants to start, and that in words."""

    verdict: int
    words: str


class Quorum(NamedTuple):
    """How many followers prove that no failover happened, and whose following counts: None if everybody's does."""

    needed: int
    counted: set[str] | None


def decide(peers: Mapping[str, Peer], quorum: Quorum, silence_allows: bool) -> tuple[bool, str]:
    """(whether it may start, why).

    :arg silence_allows: whether it may start although peers are silent.
    """
    verdicts = {peer.verdict for peer in peers.values()}
    following = {name for name, peer in peers.items() if peer.verdict == FOLLOWS}
    counted = following if quorum.counted is None else following & quorum.counted
    each = "; ".join(
        f"{name} {peer.words}{', but confirms no commit of it' if name in following - counted else ''}"
        for name, peer in sorted(peers.items(), key=lambda item: (item[1].verdict, item[0]))
    )
    if AHEAD in verdicts:
        return False, each
    if len(counted) >= quorum.needed:
        return True, each
    if DETACHED in verdicts:
        return False, (
            f"{each}. A failover was begun and not finished: run the failover playbook again, which finishes it. A converge or the "
            "rejoin playbook attaches who is detached, once the primary takes writes"
        )
    if SILENT not in verdicts:
        return True, each or "it has no peers"
    wanted = f"Expected {quorum.needed} that follow it, found {len(counted)}; or an answer of each"
    return silence_allows, f"{each}. {wanted}"


def described(peer: Instance | None, own: Member, mine: Instance, members: Iterable[Member]) -> Peer:
    """What a peer is for a member.

    :arg peer: None if it is silent.
    """
    if peer is None:
        return Peer(SILENT, "cannot be asked")
    if peer["system_identifier"] != mine["system_identifier"]:
        return Peer(OTHER, f"belongs to another cluster ({peer['system_identifier']})")
    if peer["timeline"] > mine["timeline"]:
        return Peer(AHEAD, f"is on timeline {peer['timeline']}, newer than its own {mine['timeline']}")
    if peer["writable"]:
        return Peer(AHEAD, "takes writes")
    on = f"on timeline {peer['timeline']}"
    if not peer["standby"]:
        return Peer(OTHER, f"is no standby and does not run, {on}")
    if peer["detached_from"]:
        # Detached from somebody else: of the failover that made this member the primary, perhaps.
        verdict = DETACHED if peer["detached_from"] == own["name"] else OTHER
        return Peer(verdict, f"is detached from {peer['detached_from']}, {on}")
    told = told_to_follow(peer["primary_conninfo"], members)
    if told == own["name"]:
        return Peer(FOLLOWS, f"follows {told}, {on}")
    return Peer(OTHER, f"is told to follow {told or 'nobody'}, {on}")


def told_to_follow(conninfo: str, members: Iterable[Member]) -> str | None:
    """The name of the member that a connection leads to, else the place; None without one."""
    if not conninfo.strip():
        return None
    keywords = {name: plain or quoted for name, quoted, plain in KEYWORD.findall(conninfo)}
    hosts = [keywords[name] for name in ("host", "hostaddr") if name in keywords]
    port = keywords.get("port", "5432")
    for member in members:
        if str(member["port"]) == port and {member["machine"], member["address"]}.intersection(hosts):
            return member["name"]
    return f"{'/'.join(hosts) or 'an unknown host'}, port {port}"


def quorum_of(*synchronous_standby_names: str) -> Quorum:
    """The strictest of several values of the setting: of S standbys k confirm a commit.

    A failover that loses nothing has asked S-k+1 of them, and whom it asked it detached. So k of them that follow rule it out.
    """
    needed, counted = 1, None
    for value in synchronous_standby_names:
        form = re.match(r"\s*(?:ANY\b|FIRST\b)?\s*(\d+)\s*\((.*)\)", value, re.IGNORECASE | re.DOTALL)
        names = {quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^\s,"]+)', form[2] if form else value)}
        needed = max(needed, int(form[1]) if form else 1)
        if names and "*" not in names:
            counted = names if counted is None else names & counted
    return Quorum(needed, counted)


def settings(member: Member) -> dict[str, str]:
    """What the files of a member of this machine set, as the server takes them: the last line wins."""
    files = sorted(Path(member["config_directory"], "conf.d").glob("[!.]*.conf"))
    found = {}
    for path in (*files, Path(member["data_directory"], "postgresql.auto.conf")):
        if path.exists():
            for name, quoted, plain in SETTING.findall(path.read_text(encoding="utf-8", errors="replace")):
                found[name.lower()] = plain or re.sub(r"''|\\(.)", lambda match: match[1] or "'", quoted)
    return found


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
    told = settings(member)
    return {
        "system_identifier": control["Database system identifier"],
        "writable": False,
        "standby": (data / "standby.signal").exists(),
        "timeline": max([int(timeline or 0) for timeline in timelines] + histories),
        "primary_conninfo": told.get("primary_conninfo", ""),
        "detached_from": told.get("plannerate.detached_from", ""),
    }


def running(peer: Member) -> Instance | None:
    """What a running member says; None when it does not answer."""
    command = ["psql", "-XAtqw", "-d", peer["conninfo"], "-c", QUERY]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
        said: Instance = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return said


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

    may, why = ask(configuration, own, mine)
    if may:
        return True, f"{own['name']} starts and takes writes: {why}"
    return False, (
        f"{own['name']} must not start as a primary: {why}. If another member is the primary, run the rejoin playbook. "
        f"If {own['name']} is the right primary and you are sure that no other member accepts writes: touch {allowed}, then start it again"
    )


def ask(configuration: Configuration, own: Member, mine: Instance) -> tuple[bool, str]:
    """The decision once no answer can change it any more, or once the time is up."""
    members = configuration["members"]
    quorum = quorum_of(own["synchronous_standby_names"], settings(own).get("synchronous_standby_names", ""))
    deadline, told = time.monotonic() + configuration["timeout"], False
    while True:
        peers = {
            peer["name"]: described(running(peer) or (on_disk(peer) if peer["local"] else None), own, mine, members)
            for peer in members
            if peer is not own
        }
        may, why = decide(peers, quorum, configuration["start_without_peers"])
        if may or AHEAD in {peer.verdict for peer in peers.values()} or time.monotonic() > deadline:
            return may, why
        if not told:
            print(f"{own['name']} asks for {configuration['timeout']} seconds: {why}", file=sys.stderr, flush=True)
        told = True
        time.sleep(POLL_SECONDS)


def main() -> int:
    may, message = judge(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2])
    if message:
        print(message, file=sys.stderr)
    return 0 if may else 1


if __name__ == "__main__":
    sys.exit(main())
