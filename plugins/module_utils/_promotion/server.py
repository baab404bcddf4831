# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member as a change of primary handles it: its service, its files and its administrator's SQL, all by shell commands."""

from __future__ import annotations

import json
import shlex

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import TIMELINE
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import control_data
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed

SOCKETS = "/var/run/postgresql"
# No login session, so no more than the command itself costs.
AS_POSTGRES = "cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups"
# What has to be known of a member before and during the change.
SURVEY = f"""SELECT jsonb_build_object(
  'in_recovery', pg_is_in_recovery(),
  'timeline', {TIMELINE},
  'lsn', CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END,
  'receive_lsn', pg_last_wal_receive_lsn()::text,
  'replay_lsn', pg_last_wal_replay_lsn()::text,
  'replay_paused', CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
  'synchronous_standby_names', current_setting('synchronous_standby_names'),
  'slots', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', slot_name, 'type', slot_type, 'active', active)), '[]')
    FROM pg_replication_slots),
  'standbys', (SELECT coalesce(jsonb_object_agg(application_name, jsonb_build_object('state', state,
    'sync_state', sync_state, 'replay_bytes', pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))), '{{}}')
    FROM pg_stat_replication WHERE NOT pg_is_in_recovery()),
  'clients', (SELECT coalesce(jsonb_agg(jsonb_build_object('pid', pid, 'user', usename, 'program', application_name,
    'address', host(client_addr), 'seconds', extract(epoch FROM clock_timestamp() - xact_start))), '[]')
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()))"""


class MemberServer:
    """A member on a machine.

    :arg member: as given by ``members.members_of``.
    :arg machine: a :class:`machine.Machine`.
    """

    def __init__(self, member, machine):
        self.member, self.machine = member, machine
        self.name = member["name"]
        self.service = f"postgresql@{member['version']}-{member['cluster']}"
        self.data = shlex.quote(member["data_directory"])
        self.binaries = f"/usr/lib/postgresql/{member['version']}/bin"

    def sql(self, what, statements, seconds=10, synchronous=False):
        """The output of statements, one line for each row.

        :arg synchronous: whether their commits wait for the standbys.
        """
        options = f"-c lock_timeout=5s -c synchronous_commit={'on' if synchronous else 'local'}"
        texts = " ".join(f"--command={shlex.quote(statement)}" for statement in statements)
        script = (
            f"PGCONNECT_TIMEOUT=3 PGOPTIONS={shlex.quote(options)}; export PGCONNECT_TIMEOUT PGOPTIONS; {AS_POSTGRES} "
            f"psql -XAtq --set=ON_ERROR_STOP=1 --host={SOCKETS} --port={self.member['port']} --dbname=postgres {texts}"
        )
        return self.machine.check(f"{what} ({self.name})", script, seconds)

    def survey(self):
        """What the running server says of itself: a dict, see :data:`SURVEY`."""
        return json.loads(self.sql("asking what it is", [SURVEY]))

    def checkpoint(self, seconds):
        self.sql("a checkpoint", ["CHECKPOINT"], seconds)

    def create_slots(self, names):
        """Creates the physical slots that are missing, and gives the names of those."""
        wanted = ", ".join(f"('{name}')" for name in names)
        created = self.sql(
            "creating replication slots",
            [
                f"SELECT (pg_create_physical_replication_slot(name, true)).slot_name FROM (VALUES {wanted}) AS wanted(name) "
                "WHERE name NOT IN (SELECT slot_name FROM pg_replication_slots)"
            ],
        )
        return created.split()

    def drop_slots(self, names):
        """Drops the named physical slots that nobody uses, and gives their names: on a standby they keep WAL for nobody."""
        wanted = ", ".join(f"'{name}'" for name in names)
        dropped = self.sql(
            "dropping replication slots",
            [
                "SELECT slot_name, pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                f"WHERE slot_type = 'physical' AND NOT active AND slot_name IN ({wanted})"
            ],
        )
        return [line.split("|")[0] for line in dropped.splitlines()]

    def stop(self, seconds):
        """A fast shutdown: what is written reaches the standbys before it ends."""
        self.machine.check(f"stopping {self.name}", f"systemctl stop {self.service}", seconds)

    def kill(self, seconds):
        """Makes sure that nothing of the server is left, in whatever state it is."""
        unit = self.service
        self.machine.check(
            f"ending {self.name}",
            f"timeout {seconds:g} systemctl stop {unit} || systemctl kill --signal=KILL {unit}; systemctl stop {unit}; "
            f"systemctl reset-failed {unit} 2>/dev/null; ! pgrep --full -- '-D {self.member['data_directory']}( |$)'",
            seconds + 15,
        )

    def start(self, seconds):
        """Starts the server; the unit alone would not tell whether it came up."""
        self.machine.check(
            f"starting {self.name}",
            f"systemctl reset-failed {self.service} 2>/dev/null; systemctl start {self.service} && "
            f"{self.binaries}/pg_isready --quiet --host={SOCKETS} --port={self.member['port']}",
            seconds,
        )

    def shut_down_at(self):
        """The location of the shutdown checkpoint, the last thing that a cleanly stopped primary wrote."""
        output = self.machine.check(
            f"reading the control file of {self.name}", f"LC_ALL=C {self.binaries}/pg_controldata {self.data}"
        )
        control = control_data(output)
        state = control["cluster_state"]
        if state != "shut down":
            raise StepFailed(
                f"{self.name} was not shut down cleanly: its control file says {state!r}, expected 'shut down'"
            )
        return control["lsn"]

    def wait_for(self, location, seconds):
        """Waits until the standby has replayed past a location."""
        self.sql(
            f"receiving everything up to {location}",
            [_until(f"pg_last_wal_replay_lsn() > '{location}'::pg_lsn")],
            seconds,
        )

    def promote(self, seconds):
        """Makes the standby a primary, and waits until it takes writes."""
        self.sql(
            "promotion",
            [
                "SELECT pg_wal_replay_resume() WHERE pg_is_in_recovery() AND pg_is_wal_replay_paused()",
                "SELECT pg_promote(false) WHERE pg_is_in_recovery()",
                _until("NOT pg_is_in_recovery()"),
            ],
            seconds,
        )

    def follow(self, configuration):
        """Lets a running standby stream from the primary that its configuration names; whether that is another one now."""
        written = self.machine.check(
            f"letting {self.name} follow",
            f"{self._write(configuration)}; kill -HUP $(head -n 1 {self.data}/postmaster.pid)",
        )
        return written == "written"

    def become_standby(self, configuration):
        """Prepares a stopped member to start as a standby."""
        self.machine.check(
            f"making {self.name} a standby",
            f"{self._write(configuration)}; install --owner=postgres --group=postgres --mode=0600 /dev/null {self.data}/standby.signal",
        )

    def _write(self, configuration):
        path = shlex.quote(f"{self.member['config_directory']}/conf.d/60-standby.conf")
        return (
            f"set -e; printf %s {shlex.quote(configuration)} | install --owner=postgres --group=postgres --mode=0644 "
            f"/dev/stdin {path}.new; if cmp --quiet {path}.new {path}; then rm {path}.new; "
            f"else mv {path}.new {path}; echo written; fi"
        )

    def first_write(self, seconds):
        """Commits one transaction as an application would: it waits for the standbys that the mode asks for.

        :raises StepFailed: if they did not confirm it in time.
        """
        # The wait ends with a warning, and the server's own time limit would end it the same way.
        self.sql(
            "a first write",
            ["SELECT pg_logical_emit_message(true, 'plannerate.infra', 'change of primary')"],
            seconds,
            synchronous=True,
        )


def _until(condition):
    """A statement that ends when a condition holds; the time limit is the command's."""
    return f"DO $$ BEGIN WHILE NOT coalesce({condition}, false) LOOP PERFORM pg_sleep(0.005); END LOOP; END $$"
