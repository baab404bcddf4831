# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member as a change of primary handles it: its service, its files and its administrator's SQL, all by shell commands."""

from __future__ import annotations

import json
import shlex

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import detached_file
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import READ_FILES, TIMELINE
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import control_data, timeline_history
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed

SOCKETS = "/var/run/postgresql"
LOGS = "/var/log/postgresql"
# What a server ran with before it did not start: read after the settings of the inventory, as long as it is there.
KEPT_SETTINGS = "55-before-restart.conf"
# No login session, so no more than the command itself costs.
AS_POSTGRES = "cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups"


def as_postgres(script):
    """A script with the rights of the user to whom the members' files belong: what that user planted there leads root nowhere."""
    return f"({AS_POSTGRES} sh -c {shlex.quote(f'set -e; umask 022; {script}')})"


# Whether a standby has replayed all that it holds, and waits for more; it waits so also when it streams from nobody.
AT_THE_END = """(SELECT coalesce(bool_or(wait_event IN ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream')), false)
  FROM pg_stat_activity WHERE backend_type = 'startup')"""
# What has to be known of a member before and during the change.
SURVEY = f"""SELECT jsonb_build_object(
  'in_recovery', pg_is_in_recovery(),
  'timeline', {TIMELINE},
  'lsn', CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END,
  'receive_lsn', pg_last_wal_receive_lsn()::text,
  'replay_lsn', pg_last_wal_replay_lsn()::text,
  'replay_at_end', {AT_THE_END},
  'history', (SELECT pg_read_file('pg_wal/' || lpad(upper(to_hex({TIMELINE})), 8, '0') || '.history', 0, 1000000, true)),
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
        self.log = shlex.quote(f"{LOGS}/postgresql-{member['version']}-{member['cluster']}.log")

    def sql(self, what, statements, seconds=10, synchronous=False):
        """The output of statements, one line for each row.

        :arg synchronous: whether their commits wait for the standbys.
        """
        return self.machine.check(f"{what} ({self.name})", self._psql(statements, seconds, synchronous), seconds)

    def _psql(self, statements, seconds=10, synchronous=False):
        # The server ends a statement by itself when nobody waits for it any more. But a commit that waits for a standby would end so
        # as if it was confirmed.
        ending = (
            "-c synchronous_commit=on"
            if synchronous
            else f"-c synchronous_commit=local -c statement_timeout={seconds:g}s"
        )
        options = f"-c lock_timeout=5s -c search_path=pg_catalog -c role=none {ending}"
        texts = " ".join(f"--command={shlex.quote(statement)}" for statement in statements)
        return (
            f"(PGCONNECT_TIMEOUT=3 PGOPTIONS={shlex.quote(options)}; export PGCONNECT_TIMEOUT PGOPTIONS; {AS_POSTGRES} "
            f"psql -XAtq --set=ON_ERROR_STOP=1 --host={SOCKETS} --port={self.member['port']} --dbname=postgres {texts})"
        )

    def survey(self):
        """What the running server says of itself: a dict, see :data:`SURVEY`."""
        return self._surveyed(self.sql("asking what it is", [SURVEY]))

    def final_survey(self, seconds):
        """The same of a detached standby, when it is known up to where its WAL reaches: it has received something since it was
        started, or replayed all that it holds.

        :raises StepFailed: if that is not known in time, because replay is held back.
        """
        known = f"pg_last_wal_receive_lsn() IS NOT NULL OR {AT_THE_END}"
        return self._surveyed(self.sql("finding the end of its WAL", [_until(known), SURVEY], seconds))

    def survey_at_the_end(self, seconds):
        """The same when it has replayed all that it holds; it looks at a record that is not complete again and again. Where its replay is
        held back for longer, what it says now.
        """
        try:
            survey = self._surveyed(self.sql("replaying what it holds", [_until(AT_THE_END), SURVEY], seconds))
        except StepFailed:
            return self.survey()
        return {**survey, "replay_at_end": True}

    @staticmethod
    def _surveyed(output):
        survey = json.loads(output)
        return {
            **survey,
            "history": timeline_history(survey["history"] or ""),
            "settings": {"synchronous_standby_names": survey["synchronous_standby_names"]},
        }

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

    def pending_settings(self):
        """What the running server runs with, by name of each setting that its files have otherwise and only a restart applies."""
        pending = "SELECT coalesce(jsonb_object_agg(name, current_setting(name)), '{}') FROM pg_settings WHERE pending_restart"
        return json.loads(self.sql("asking for settings that need a restart", [READ_FILES, pending]).splitlines()[-1])

    def overridden_settings(self):
        """Names of the settings that postgresql.auto.conf has, which wins over all other files."""
        query = "SELECT DISTINCT name FROM pg_file_settings WHERE sourcefile ~ '/postgresql[.]auto[.]conf$'"
        return self.sql("asking for settings by ALTER SYSTEM", [query]).split()

    def keep_settings(self, settings):
        """Lets the server start with these values the next time, instead of those in the files before."""
        lines = "".join(
            "{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in sorted(settings.items())
        )
        self.machine.check(f"putting back the settings of {self.name}", as_postgres(self._write(lines, KEPT_SETTINGS)))

    def log_size(self):
        """How many bytes its log has."""
        return int(
            self.machine.check(
                f"looking at the log of {self.name}", f"stat --format=%s {self.log} 2>/dev/null || echo 0"
            )
        )

    def said_since(self, size):
        """Why the server ended, in its own words: what its log has beyond so many bytes. Empty where it says nothing."""
        answer = self.machine.run(
            f"tail --bytes=+{size + 1} {self.log} | grep -v -e 'terminating ' -e 'shutting down' -e 'starting up' | "
            "grep -oE '(FATAL|PANIC|DETAIL|HINT): .*' | head -n 6"
        )
        return "; ".join(" ".join(line.split()) for line in answer.output.splitlines())

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

    def start(self, seconds, as_primary=False):
        """Starts the server; the unit alone would not tell whether it came up.

        :arg as_primary: it is known that nobody was promoted in its place, so that its start guard need not ask the others.
        """
        self.machine.check(f"starting {self.name}", self._starting("start", as_primary), seconds)

    def restart(self, seconds, as_primary=False):
        """Stops and starts the server in one command, which systemd carries out although whoever gave it may be gone."""
        self.machine.check(f"restarting {self.name}", self._starting("restart", as_primary), seconds)

    def _starting(self, verb, as_primary):
        start = (
            f"systemctl reset-failed {self.service} 2>/dev/null; systemctl {verb} {self.service} && "
            f"{self.binaries}/pg_isready --quiet --host={SOCKETS} --port={self.member['port']}"
        )
        if not as_primary:
            return start
        # It counts for one start, which is not this one where the server runs already.
        allowed = f"{SOCKETS}/start-{self.member['version']}-{self.member['cluster']}"
        return f"rm --force {allowed}; (set -C; : >{allowed}); {start}; code=$?; rm --force {allowed}; exit $code"

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
            as_postgres(f"{self._write(configuration)}; {self._reload()}"),
        )
        return written == "written"

    def detach(self, primary, seconds=10):
        """Lets a running standby stream from nobody, so that it confirms nothing any more.

        :arg primary: name of the member that it followed.
        """
        # A session that sees the new setting was begun after the startup process was told of it. A replay that is held back does not
        # end the receiver, so it is ended here; a replay that goes on starts no other one. A receiver that was just asked for is
        # seen a moment later: so nobody has to be there twice.
        state = self._psql(
            [
                "SELECT current_setting('primary_conninfo') = '', (SELECT pid FROM pg_stat_activity "
                "WHERE backend_type = 'walreceiver')"
            ]
        )
        self.machine.check(
            f"detaching {self.name}",
            f"{as_postgres(f'{self._write(detached_file(primary))}; {self._reload()}')} || exit; quiet=0; "
            f"while [ $quiet -lt 2 ]; do state=$( {state} ) || exit; case $state in "
            f"'t|') quiet=$((quiet + 1));; 't|'*) quiet=0; ({AS_POSTGRES} kill ${{state#*|}}) 2>/dev/null || true;; *) quiet=0;; esac; "
            "sleep 0.03; done",
            seconds,
        )

    def become_standby(self, configuration):
        """Prepares a stopped member to start as a standby."""
        self.machine.check(
            f"making {self.name} a standby",
            as_postgres(
                f"{self._write(configuration)}; umask 077; rm -f {self.data}/standby.signal; : >{self.data}/standby.signal"
            ),
        )

    def _write(self, configuration, file="60-standby.conf"):
        path = shlex.quote(f"{self.member['config_directory']}/conf.d/{file}")
        return (
            f"rm -f {path}.new; printf %s {shlex.quote(configuration)} >{path}.new; "
            f"if cmp --quiet {path}.new {path}; then rm {path}.new; else mv {path}.new {path}; echo written; fi"
        )

    def _reload(self):
        return f"kill -HUP $(head -n 1 {self.data}/postmaster.pid)"

    def first_write(self, standbys, seconds):
        """Commits one transaction as an application would: it waits for the standbys that the mode asks for.

        :arg standbys: how many have to stream before: one that is connected and does not stream may confirm what it does not have.
        :raises StepFailed: if they did not confirm it in time.
        """
        streaming = f"(SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming') >= {standbys}"
        # The wait ends with a warning, and the server's own time limit would end it the same way.
        self.sql(
            "a first write",
            [_until(streaming), "SELECT pg_logical_emit_message(true, 'plannerate.infra', 'change of primary')"],
            seconds,
            synchronous=True,
        )


def _until(condition):
    """A statement that ends when a condition holds; the time limit is the command's."""
    return f"DO $$ BEGIN WHILE NOT coalesce({condition}, false) LOOP PERFORM pg_stat_clear_snapshot(), pg_sleep(0.005); END LOOP; END $$"
