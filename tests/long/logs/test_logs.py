# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log server as the role writes it: who may write, what a line is found by, and what an outage costs."""

from __future__ import annotations

import os
import ssl
import subprocess
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for
from support.helpers.logs_here import UPLOAD, Authority, export, line, program, upload_options
from support.helpers.logs_sent import PATH, TYPE, found, request, search, sent

metrics = program("logs_metrics")


def test_a_line_is_found_within_ten_seconds_by_what_it_is_of(server, db01, capsys):
    now = time.time()
    in_app = {"_SYSTEMD_UNIT": "docker.service", "SYSLOG_IDENTIFIER": "4711"}
    sent(
        server,
        db01,
        line("label app", now, PRIORITY="3", CONTAINER_NAME="stack-app-2-production-1a2b", **in_app),
        line("label suffix", now, PRIORITY="6", CONTAINER_NAME="stack-queue-test", **in_app),
        line("label traefik", now, PRIORITY="6", CONTAINER_NAME="stack-traefik", **in_app),
        line("label foreign", now, PRIORITY="6", CONTAINER_NAME="gitea", **in_app),
        line("label backup", now, PRIORITY="5", _SYSTEMD_UNIT="plannerate-backup@staging.service"),
        line("label postgres", now, PRIORITY="4", _SYSTEMD_UNIT="postgresql@15-pg_main.service", SYSLOG_IDENTIFIER="postgres"),
        line("label sudo", now, PRIORITY="5", _SYSTEMD_UNIT="session-3.scope", SYSLOG_IDENTIFIER="sudo"),
        line("label kernel", now, PRIORITY="2", SYSLOG_IDENTIFIER="kernel", _TRANSPORT="kernel"),
    )  # fmt: skip
    lines = wait_for(lambda: len(answer := found(capsys, "label")) == 8 and answer, 10)
    got = {
        each["_msg"].removeprefix("label "): (
            each["machine"],
            each.get("environment", ""),
            each["service"],
            each["level"],
        )
        for each in lines
    }
    assert got == {
        "app": ("db01", "production", "app-2", "error"),
        "suffix": ("db01", "staging", "queue", "info"),
        "traefik": ("db01", "", "traefik", "info"),
        "foreign": ("db01", "", "gitea", "info"),
        "backup": ("db01", "staging", "plannerate-backup@staging", "notice"),
        "postgres": ("db01", "", "postgresql@15-pg_main", "warning"),
        "sudo": ("db01", "", "sudo", "notice"),
        "kernel": ("db01", "", "kernel", "critical"),
    }
    # What is computed can be asked for, and what is asked for can be counted.
    assert [each["_msg"] for each in found(capsys, "label environment:=production level:=error")] == ["label app"]
    assert found(capsys, "label | stats by (machine) count() as lines") == [{"machine": "db01", "lines": "8"}]


def test_nobody_without_a_machines_certificate_is_let_in(server, db01, tmp_path):
    stranger = Authority(tmp_path / "strangers").machine("db01")
    for tls in (None, stranger):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            request(server, tls)
    assert request(server, db01) == 200


def test_a_machine_may_write_and_nothing_else(server, db01):
    assert request(server, db01, "/select/logsql/query?query=*", "GET") == 403
    assert request(server, db01, "/select/logsql/query?query=*") == 403
    assert request(server, db01, PATH, "GET") == 403
    assert request(server, db01, "/metrics", "GET") == 403


def test_a_machine_cannot_pass_for_another_one(server, db01, capsys):
    claims = {
        "VL-Extra-Fields": "machine=app01",
        "vl-ignore-fields": "MESSAGE,_msg",
        "AccountID": "7",
        "ProjectID": "7",
    }
    sent(
        server,
        db01,
        line("claimed", time.time(), PRIORITY="6"),
        headers={**TYPE, **claims},
        path=f"{PATH}?extra_fields=machine=app01",
    )
    (got,) = wait_for(lambda: found(capsys, "claimed"), 10)
    assert (got["machine"], "db01" in got["_stream"]) == ("db01", True)


def test_what_anybody_writes_to_a_log_does_not_move_the_cursor(server, db01, capsys):
    sent(server, db01, line("escape \x1b[2J now", time.time(), PRIORITY="6", SYSLOG_IDENTIFIER="x"))
    wait_for(lambda: found(capsys, "escape"), 10)
    assert search.main(["escape"]) == 0
    assert capsys.readouterr().out.endswith(" db01 x info: escape \\x1b[2J now\n")


def test_a_query_that_is_none_is_refused_in_words(capsys):
    assert search.main(["| nonsense ("]) == 2
    assert "refuses this query" in capsys.readouterr().err


def test_who_follows_gets_a_new_line(server, db01, configuration):
    query = search.whole_query("followed", configuration)
    sent(server, db01, line("followed", time.time(), PRIORITY="6"))
    began = time.monotonic()
    got = next(search.ask(server.url, "tail", query=query, start_offset="1m"))
    assert got["_msg"] == "followed" and time.monotonic() - began < 15


def test_the_monitoring_is_told_who_is_silent_and_what_the_disk_has(server, db01, configuration):
    sent(server, db01, line("not silent", time.time(), PRIORITY="6"))

    def told():
        samples = {(name, *labels.values()): value for name, labels, value in metrics.samples(configuration)}
        return samples if samples["logs_silent_seconds", "db01"] < 60 else None

    samples = wait_for(told, 10)
    assert samples["logs_server_up",] == 1
    assert samples["logs_silent_seconds", "app01"] == metrics.WINDOW
    assert samples["logs_disk_max_bytes",] == 10 * 1024**3
    assert 0 < samples["logs_disk_bytes",] < samples["logs_disk_max_bytes",]


class Sender:
    """systemd-journal-upload with the role's configuration, on a journal of its own."""

    def __init__(self, directory, server, tls):
        self.journal, self.state = directory / "journal", directory / "state"
        self.journal.mkdir()
        self.state.mkdir()
        self.server, self.tls, self.files = server, tls, 0

    def writes(self, *lines):
        self.files += 1
        subprocess.run(
            ["/lib/systemd/systemd-journal-remote", f"--output={self.journal}/{self.files}.journal", "-"],
            input=export(list(lines)),
            check=True,
            capture_output=True,
        )

    def begins(self, hours):
        env = {**os.environ, "STATE_DIRECTORY": str(self.state), "JOURNAL": str(self.journal)}
        subprocess.run(
            [ROOT / "roles/logs/files/begin_upload.sh", str(hours)], env=env, check=True, capture_output=True
        )

    def sends(self):
        options = upload_options(self.server.upload_configuration, self.tls)
        done = subprocess.run(
            [UPLOAD, f"--directory={self.journal}", f"--save-state={self.state}/state", "--follow=no", *options],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr


@pytest.fixture
def sender(tmp_path, server, db01):
    return Sender(tmp_path, server, db01)


def test_an_old_journal_is_not_sent_whole(sender, capsys):
    now = time.time()
    sender.writes(*(line(f"aged {hours}", now - hours * 3600, PRIORITY="6") for hours in (60, 48, 20, 10, 0)))
    sender.begins(24)
    assert sender.sends()[0] == 0
    expected = ["aged 20", "aged 10", "aged 0"]
    wait_for(lambda: [each["_msg"] for each in found(capsys, "aged", "--since=3d")] == expected, 10)


def test_an_outage_loses_nothing_and_doubles_a_line_at_most(sender, server, capsys):
    now = time.time()
    sender.writes(line("outage first", now - 100, PRIORITY="6"), line("outage second", now - 99, PRIORITY="6"))
    assert sender.sends()[0] == 0
    server.stop_storage()
    sender.writes(*(line(f"outage {number:05}", now - 90 + number / 1000, PRIORITY="6") for number in range(20000)))
    code, said = sender.sends()
    assert code != 0 and "503" in said, said
    server.start_storage()
    # It runs again, as its unit does, and goes on where it was.
    sender.begins(1)
    assert sender.sends()[0] == 0
    query = "outage | stats count() as lines, count_uniq(_msg) as different"
    # Whoever starts again begins with the line that was the last one.
    wait_for(lambda: found(capsys, query) == [{"lines": "20003", "different": "20002"}], 10)
