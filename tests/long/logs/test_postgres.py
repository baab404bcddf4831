# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL server says, from its reload on, is found by query, duration, user and database; its file goes on."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
import time

import psycopg2
import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for
from support.helpers.logs_here import line
from support.helpers.logs_sent import found, sent
from support.helpers.servers_base import Base, own, owned

SETTINGS = yaml.safe_load((ROOT / "roles/postgres/vars/main/settings.yml").read_text())
UNIT = "postgresql@15-pg_main.service"
# Nothing but the path of syslog is another one. A device is bound, since a file system of its own may refuse new ones.
IN_ITS_OWN_DEV = """
set -eu
mount -t tmpfs none "$1"
touch "$1/null"
mkdir "$1/shm"
mount --bind /dev/null "$1/null"
mount --bind /dev/shm "$1/shm"
ln -s "$2" "$1/log"
mount --rbind "$1" /dev
shift 2
exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
"""


class Journal:
    """Takes what comes by syslog as journald does, and gives it as journald sends it."""

    def __init__(self, path):
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o666)
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while data := self.socket.recv(1 << 20):
            priority, name, text = re.fullmatch(
                r"<(\d+)>\w+ +\d+ [\d:]+ (\w+)\[\d+\]: (.*)", data.decode(), re.S
            ).groups()
            more = {"PRIORITY": str(int(priority) % 8), "SYSLOG_IDENTIFIER": name}
            self.lines.append(line(text.rstrip(), time.time(), _SYSTEMD_UNIT=UNIT, **more))


class Postgres:
    """A server with the settings that the role gives every member; :meth:`reload` gives it more."""

    def __init__(self, base, directory):
        self.base, self.directory, self.port = base, directory, base.ports[0]
        for name in ("dev", "sockets"):
            (directory / name).mkdir()
            own(directory / name)
        self.journal, self.file = Journal(directory / "log"), directory / "postgresql.log"
        fixed = {name: value for name, value in SETTINGS["_postgres_fixed_settings"].items() if name.startswith("log_")}
        command = [str(base.programs / "postgres"), "-D", str(base.data), "-c", "hba_file=" + str(directory / "hba")]
        owned(directory / "hba", "local all all trust\nhost all all all reject\n", 0o600)
        self._write({
            **fixed, "log_min_duration_statement": "50ms", "port": self.port, "unix_socket_directories": directory / "sockets",
            "dynamic_shared_memory_type": "mmap", "shared_buffers": "16MB", "listen_addresses": "",
        })  # fmt: skip
        with self.file.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    IN_ITS_OWN_DEV,
                    "sh",
                    directory / "dev",
                    directory / "log",
                    *command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _write(self, settings):
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        self.settings = lines
        owned(self.base.data / "postgresql.conf", lines, 0o600)

    def connect(self, user="postgres", database="postgres"):
        connection = psycopg2.connect(host=str(self.directory / "sockets"), port=self.port, user=user, dbname=database)
        connection.autocommit = True
        return connection

    def says(self, statement, parameters=None, user="postgres"):
        connection = self.connect(user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def reload(self, settings):
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        owned(self.base.data / "postgresql.conf", self.settings + lines, 0o600)
        self.says("SELECT pg_reload_conf()")
        destination = settings["log_destination"]
        wait_for(lambda: self.says("SHOW log_destination") == [(destination,)], 10, "the reload")

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


@pytest.fixture
def postgres(tmp_path_factory):
    base = Base()
    server = None
    try:
        directory = base.directory / "server"
        directory.mkdir(mode=0o755)
        server = Postgres(base, directory)
        wait_for(
            (directory / "sockets" / f".s.PGSQL.{server.port}").exists,
            20,
            "PostgreSQL",
            server.file.read_text,
        )
        wait_for(lambda: "ready to accept" in server.file.read_text(), 20, "PostgreSQL")
        yield server
    finally:
        if server:
            server.close()
        base.close()


def test_a_reload_is_enough_and_what_it_says_is_found_by_its_fields(postgres, server, db01, capsys):
    assert postgres.journal.lines == []
    postgres.reload(SETTINGS["_postgres_central_log"])
    assert postgres.says("SELECT count(*) FROM pg_settings WHERE pending_restart") == [(0,)]
    postgres.says("SELECT pg_sleep(0.06),\n  'two lines: of a query'", user="writer")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        postgres.says("SELECT * FROM nowhere", user="writer")
    with pytest.raises(psycopg2.OperationalError):
        postgres.connect("stranger", "shop")
    wait_for(lambda: "stranger" in postgres.file.read_text(), 10, "the file")
    wait_for(lambda: any("stranger" in each["MESSAGE"] for each in postgres.journal.lines), 10, "the journal")
    sent(server, db01, *postgres.journal.lines)

    (slow,) = wait_for(lambda: found(capsys, "duration:>50ms query:pg_sleep"), 10)
    assert (slow["user"], slow["database"], slow["sqlstate"], slow["level"]) == ("writer", "postgres", "00000", "info")
    assert slow["query"] == "SELECT pg_sleep(0.06),\n\t  'two lines: of a query'"
    assert 60 <= float(slow["duration"].removesuffix("ms")) < 5000
    assert found(capsys, "duration:>50s query:pg_sleep") == []
    (failed,) = found(capsys, "sqlstate:=42P01")
    assert (failed["query"], failed["level"]) == ("SELECT * FROM nowhere", "warning")
    (refused,) = found(capsys, "level:=error user:=stranger")
    assert (refused["database"], refused["sqlstate"], refused["service"]) == ("shop", "28000", "postgresql@15-pg_main")
