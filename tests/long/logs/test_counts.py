# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that an alert is about are counted, those beside them are not, and what the alert says to search for finds them."""

from __future__ import annotations

import re
import time

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for
from support.helpers.logs_here import line, program
from support.helpers.logs_sent import found, sent

counts, metrics = program("logs_counts"), program("logs_metrics")
POSTGRES = {"_SYSTEMD_UNIT": "postgresql@15-pg_main.service", "SYSLOG_IDENTIFIER": "postgres"}
NO_UNIT = {"SYSLOG_IDENTIFIER": "postgres"}
KERNEL = {"_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "PRIORITY": "3"}
SSH = {"_SYSTEMD_UNIT": "ssh.service", "SYSLOG_IDENTIFIER": "sshd", "PRIORITY": "6"}
APP = {"CONTAINER_NAME": "stack-app-test", "PRIORITY": "3"}
TRAEFIK = {"CONTAINER_NAME": "stack-traefik", "PRIORITY": "6"}
AT = "2026-11-27 10:00:00.000 UTC [77]"
SESSION = "shop@shop 10.0.0.3"


def access(status, router):
    return f'{{"DownstreamStatus":{status},"RouterName":"{router}@file","RequestPath":"/a"}}'


# Each with its fields; what has no kind is counted as none.
LINES = [
    ("postgres_crash", f"{AT} XX000 PANIC:  could not write to file", {**POSTGRES, "PRIORITY": "2"}),
    # In another language it has another name.
    ("postgres_crash", f"{AT} XX000 PÂNICO:  não pôde escrever", {**POSTGRES, "PRIORITY": "2"}),
    ("postgres_crash", f"{AT} 00000 LOG:  server process (PID 9) was terminated by signal 9: Killed\n{AT} 00000 DETAIL:  Failed process"
        " was running: SELECT 'a@b'", {**POSTGRES, "PRIORITY": "6"}),
    ("postgres_crash", f"{AT} 00000 LOG:  checkpointer process (PID 9) was terminated by signal 9: Killed", {**POSTGRES, "PRIORITY": "6"}),
    ("postgres_crash", f'{AT} 00000 LOG:  background worker "x" (PID 9) was terminated by signal 6: Abort', {**POSTGRES, "PRIORITY": "6"}),
    # Of a process that ended before journald looked for its unit.
    ("postgres_crash", f"{AT} XX000 PANIC:  without a unit", {**NO_UNIT, "PRIORITY": "2"}),
    ("", f"{AT} 38000 {SESSION} ERROR:  program failed\n{AT} 38000 {SESSION} DETAIL:  child process was terminated by signal 9: Killed",
        {**POSTGRES, "PRIORITY": "4"}),
    ("", f"{AT} 00000 LOG:  archive command was terminated by signal 15: Terminated\n{AT} 00000 DETAIL:  The failed archive command"
        " was: server process (PID 9) was terminated by signal 9", {**POSTGRES, "PRIORITY": "6"}),
    ("", f"{AT} 00000 {SESSION} LOG:  duration: 20 ms  statement: SELECT 'LOG:  server process (PID 9) was terminated by signal 9'",
        {**POSTGRES, "PRIORITY": "6"}),
    ("", f"{AT} 00000 LOG:  server process (PID 9) was terminated by signal 9: x@d 10.0.0.3 LOG:  connection authorized",
        {**POSTGRES, "PRIORITY": "6"}),
    ("postgres_fatal", f"{AT} 53300 {SESSION} FATAL:  sorry, too many clients already", {**POSTGRES, "PRIORITY": "3"}),
    ("postgres_fatal", f"{AT} 58P01 FATAL:  could not open file", {**POSTGRES, "PRIORITY": "3"}),
    # Of a standby that cannot follow, and of a server that cannot start: nobody logs in.
    ("postgres_fatal", f"{AT} 55000 FATAL:  the primary is not in the state", {**POSTGRES, "PRIORITY": "3"}),
    ("postgres_fatal", f"{AT} 22023 FATAL:  max_wal_senders must be less, to a@b", {**POSTGRES, "PRIORITY": "3"}),
    # Without the role's prefix it is taken for one of these.
    ("postgres_fatal", "FATAL:  the database system is starting up", {**POSTGRES, "PRIORITY": "3"}),
    ("postgres_refused", f"{AT} 28P01 {SESSION} FATAL:  password authentication failed", {**POSTGRES, "PRIORITY": "3"}),
    ("postgres_refused", f'{AT} 3D000 {SESSION} FATAL:  database "x" does not exist', {**POSTGRES, "PRIORITY": "3"}),
    ("postgres_refused", f"{AT} 42501 {SESSION} FATAL:  permission denied for database", {**POSTGRES, "PRIORITY": "3"}),
    ("postgres_refused", f"{AT} 55000 {SESSION} FATAL:  database is not currently accepting connections", {**POSTGRES, "PRIORITY": "3"}),
    *(
        ("", f"{AT} {code} {SESSION} FATAL:  ordinary", {**POSTGRES, "PRIORITY": "3"})
        for code in ("57P01", "57P03", "57P05", "57014", "25P03", "25P04", "08006", "08P01", "40001", "0A000", "42704", "22023")
    ),
    # Whoever logs in chooses the names in it, and what a statement says.
    ("postgres_refused", f"{AT} 28000 a@b 1.2.3.4 PANIC:  53300@c 1.2.3.4 FATAL:  no pg_hba.conf entry", {**POSTGRES, "PRIORITY": "3"}),
    ("", f"{AT} 42601 {SESSION} ERROR:  syntax error\n{AT} 42601 {SESSION} STATEMENT:  FATAL PANIC:", {**POSTGRES, "PRIORITY": "4"}),
    ("", f"{AT} XX000 PANIC:  of somebody else", {"_SYSTEMD_UNIT": "other.service", "SYSLOG_IDENTIFIER": "postgres", "PRIORITY": "2"}),
    ("memory_kill", "Out of memory: Killed process 12 (php-fpm) total-vm:1kB", KERNEL),
    ("memory_kill", "Memory cgroup out of memory: Killed process 13 (redis-server) total-vm:1kB", KERNEL),
    ("", "Out of memory: Killed process 12 (php-fpm)", {**KERNEL, "_TRANSPORT": "syslog"}),
    ("ssh_failed", "Connection closed by authenticating user root 1.2.3.4 port 5 [preauth]", SSH),
    ("ssh_failed", "Disconnected from invalid user a b 1.2.3.4 port 5 [preauth]", {**SSH, "SYSLOG_IDENTIFIER": "sshd-session"}),
    # The same connection as the line after it.
    ("", "Failed password for root from 1.2.3.4 port 5 ssh2", SSH),
    ("", "Accepted publickey for ops from 10.0.0.9 port 5 ssh2: ED25519 SHA256:x", SSH),
    ("laravel_error", '[2026-11-27 10:00:00] production.ERROR: No query results {"exception":"x"}', APP),
    ("laravel_error", "[2026-11-27T10:00:00.000000+00:00] production.CRITICAL: x", APP),
    ("laravel_error", '{"message":"x","context":{},"level":400,"level_name":"ERROR","channel":"production"}', APP),
    ("", "[2026-11-27 10:00:00] production.WARNING: an ERROR: that was none", APP),
    ("", "#0 /var/www/html/vendor/x.php(1): production.ERROR: of a trace", APP),
    ("", "[2026-11-27 10:00:00] production.ERROR: not of a stack", {**APP, "CONTAINER_NAME": "gitea"}),
    ("request", access(200, "production-app"), TRAEFIK),
    ("request", access(404, "production-app"), TRAEFIK),
    ("request request_failed", access(502, "production-app"), TRAEFIK),
    ("request request_failed", access(500, "staging-app"), TRAEFIK),
    ("", access(500, "staging-app"), APP),
]  # fmt: skip
EXPECTED = {
    ("postgres_crash", "db01", "", "postgresql@15-pg_main"): 5,
    ("postgres_crash", "db01", "", "postgres"): 1,
    ("postgres_fatal", "db01", "", "postgresql@15-pg_main"): 5,
    ("postgres_refused", "db01", "", "postgresql@15-pg_main"): 5,
    ("memory_kill", "db01", "", "kernel"): 2,
    ("ssh_failed", "db01", "", "ssh"): 2,
    ("laravel_error", "db01", "staging", "app"): 3,
    ("request", "db01", "production", "traefik"): 3,
    ("request", "db01", "staging", "traefik"): 1,
    ("request_failed", "db01", "production", "traefik"): 1,
    ("request_failed", "db01", "staging", "traefik"): 1,
}
ALERTS = {
    rule["alert"]: (re.search(r'kind="(\w+)"', rule["expr"])[1], rule["annotations"]["action"])
    for group in yaml.safe_load((ROOT / "roles/monitoring/files/rules/logs.yml").read_text())["groups"]
    for rule in group["rules"]
    if "logs_recent_lines" in rule["expr"]
}


@pytest.fixture(scope="module")
def counted(server, db01):
    """The samples of a log server that has these lines, and one of each that is too old."""
    now = time.time()
    old = now - counts.RECENT - 60
    sent(server, db01, *(line(text, at, **fields) for at in (now, old) for _kinds, text, fields in LINES))

    def ready():
        samples = list(metrics.samples(server.search))
        got = {
            tuple(labels.values()): value for name, labels, value in samples if name == "logs_recent_lines" and value
        }
        return (samples, got) if sum(got.values()) >= sum(EXPECTED.values()) else None

    return wait_for(ready, 10, "the lines")


def test_the_table_has_what_is_expected():
    kinds = [kind for each, _text, _fields in LINES for kind in each.split()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        kind: sum(value for key, value in EXPECTED.items() if key[0] == kind) for kind in kinds
    }


def test_each_line_is_counted_as_what_it_is(counted):
    assert counted[1] == EXPECTED


def test_of_each_machine_each_kind_is_told(counted, server):
    zeros = {
        (labels["kind"], labels["sender"])
        for name, labels, value in counted[0]
        if name == "logs_recent_lines" and not value
    }
    assert zeros == {(kind, machine) for kind in counts.kinds("stack") for machine in server.search["machines"]}
    assert {kind for kind, _action in ALERTS.values()} | {"request"} == {*counts.kinds("stack")}


def test_what_cannot_be_counted_takes_nothing_else_with_it(server, monkeypatch, capsys):
    monkeypatch.setattr(metrics.logs_counts, "query", lambda _configuration: "| of another language")
    told = {name: value for name, _labels, value in metrics.samples(server.search)}
    assert told["logs_server_up"] == 1 and {"logs_silent_seconds", "logs_disk_bytes"} <= {*told}
    assert "logs_recent_lines" not in told and "does not count: HTTP Error 400" in capsys.readouterr().err


@pytest.mark.parametrize("alert", ALERTS)
@pytest.mark.usefixtures("counted")
def test_what_an_alert_says_to_search_for_finds_its_lines(alert, capsys):
    kind, action = ALERTS[alert]
    _kind, sender, environment, service = next(key for key in EXPECTED if key[0] == kind)
    labels = {"sender": sender, "environment": environment, "service": service}
    query = re.search(r"Q='([^']+)' SINCE=1h", action)[1]
    query = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda name: labels[name[1]], query)
    texts = {each["_msg"] for each in found(capsys, query, "--since=10m")}
    wanted = {
        text for kinds, text, fields in LINES
        if kind in kinds.split() and (kind != "request_failed" or f'"{environment}-' in text) and "PÂNICO" not in text
        and "without a unit" not in text
    }  # fmt: skip
    assert wanted and wanted <= texts
