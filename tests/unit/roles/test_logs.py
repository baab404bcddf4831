# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role logs writes and makes of lines. That a real VictoriaLogs and HAProxy do as it says is in tests/long/logs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.logs_here import program
from support.helpers.plays import values_of_role

search, counts, metrics = program("logs_search"), program("logs_counts"), program("logs_metrics")
HOSTS = {
    "machines": {"hosts": {"app01": {"ansible_host": "2001:db8::1"}, "db01": {"ansible_host": "10.0.0.2"}}},
    "log_servers": {"hosts": {"app01": None}},
}
NAMED = {"container_prefix": "stack", "suffixes": {"production": "", "staging": "test"}}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """What the role's templates are on a log server, and the units of it and of another machine."""
    directory = tmp_path_factory.mktemp("logs")
    (directory / "hosts.json").write_text(json.dumps(HOSTS))
    names = ["haproxy.cfg", "victoria-logs.service", "upload.conf", "upload_unit.conf", "probe.sh", "heartbeat.service"]
    asked = [
        *((f"lookup('ansible.builtin.template', '{name}.j2')", {"_logs_server": True}) for name in names),
        ("_logs_units", {"_logs_server": True}),
        ("_logs_units", {"_logs_server": False}),
        ("_logs_files", {"_logs_server": True}),
        ("_logs_search.suffixes", {"docker_host_environments": {"a": {"domain": "x"}, "b": {"suffix": "c"}}}),
    ]
    found = values_of_role(directory, "logs", *asked, inventory=str(directory / "hosts.json"))
    return dict(zip([*names, "units", "other units", "files", "suffixes"], found, strict=True))


def test_only_loopback_and_the_proxy_listen(rendered):
    assert "-httpListenAddr=127.0.0.1:9428 " in rendered["victoria-logs.service"]
    assert "--publish" not in rendered["victoria-logs.service"]
    (bind,) = re.findall(r"^ *bind .*$", rendered["haproxy.cfg"], re.MULTILINE)
    assert "bind [2001:db8::1]:9429 ssl" in bind and "verify required" in bind


def test_lines_end_by_days_and_by_disk(rendered):
    assert "-retentionPeriod=30d -retention.maxDiskSpaceUsageBytes=10GiB" in rendered["victoria-logs.service"]


def test_a_sender_has_a_port_in_its_url_and_the_certificate_of_its_machine(rendered):
    assert "URL=https://[2001:db8::1]:9429/insert/journald\n" in rendered["upload.conf"]
    assert "ServerCertificateFile=/etc/ssl/machine/client.crt\n" in rendered["upload.conf"]
    unit = rendered["upload_unit.conf"]
    assert "StartLimitIntervalSec=0" in unit.partition("[Service]")[0]
    assert {"Restart=always", "RestartSec=10", "SupplementaryGroups=ssl-cert"} <= {*unit.splitlines()}


def test_each_unit_and_each_file_of_it_is_written(rendered):
    written = {file["path"] for file in rendered["files"]}
    for unit in rendered["units"]:
        assert {*unit["restart"], *unit.get("reload", ())} <= written
    names = {unit["name"] for unit in rendered["other units"]}
    assert names == {"systemd-journal-upload.service", "logs-heartbeat.timer"}


def test_the_probe_is_a_program(rendered):
    subprocess.run(["sh", "-n"], input=rendered["probe.sh"].encode(), check=True)
    assert "find /etc/ssl/machine/machine.crt" in rendered["probe.sh"]


def test_environments_have_their_names_where_their_containers_have_others(rendered):
    assert rendered["suffixes"] == {"a": "", "b": "c"}
    pipes = " | ".join(search.labels(NAMED))
    assert "-(?P<stack_environment>production|test)(-.*)?$" in pipes
    assert 'format if (stack_environment:="test") "staging" as stack_environment' in pipes


def test_a_query_is_asked_behind_its_labels():
    assert search.whole_query("level:error | stats count()", NAMED).endswith(" | filter level:error | stats count()")
    assert "(?P<stack_environment>[^a-z-])" in search.whole_query("*", {"container_prefix": "stack", "suffixes": {}})


def test_a_line_is_shown_without_what_a_terminal_would_obey():
    entry = {"_time": "2026-11-27T08:00:00.123456Z", "_msg": "a\x1b[2J\nb\n", "machine": "db01", "service": "app",
             "environment": "production", "level": "error"}  # fmt: skip
    assert search.shown(entry) == "2026-11-27T08:00:00.123 db01 production/app error: a\\x1b[2J\\nb"
    assert search.shown({"service": "app", "lines": "3"}) == "service=app  lines=3"


@pytest.mark.parametrize("given", ["15", "1.5h", "h", "-1h", "1h; reboot", "0h"])
def test_a_time_that_is_none_is_refused(given, capsys):
    with pytest.raises(SystemExit):
        search.main([f"--since={given}"])
    assert "expected a number with s, m, h, d or w" in capsys.readouterr().err


def test_a_machine_without_a_line_is_silent_for_the_longest_time():
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now - 90)) + ".123456789Z"
    found = {labels["sender"]: value for _name, labels, value in
             metrics.silent_samples(["app01", "db01"], [{"machine": "db01", "newest": stamp}], now)}  # fmt: skip
    assert found["app01"] == metrics.WINDOW and 89 < found["db01"] < 92


def test_what_is_on_disk_is_all_of_it():
    text = (
        'vl_data_size_bytes{type="indexdb"} 10\nvl_data_size_bytes{type="storage"} 1e+02\nvl_rows{type="storage"} 7\n'
    )
    assert [value for _name, _labels, value in metrics.disk_samples(text, 500)] == [110, 500]


def test_of_what_nobody_wrote_a_machine_has_a_count_too():
    kinds = counts.kinds("stack")
    row = {**dict.fromkeys(kinds, "0"), "ssh_failed": "7", "machine": "db01", "service": "ssh", "environment": ""}
    configuration = {"container_prefix": "stack", "machines": ["app01", "db01"]}
    nameless = {**row, "service": "", "ssh_failed": "0", "memory_kill": "2"}
    found = [(*labels.values(), value) for _name, labels, value in counts.samples(configuration, [row, nameless])]
    expected = {(kind, machine, "", ""): 0.0 for kind in kinds for machine in configuration["machines"]}
    expected |= {("ssh_failed", "db01", "", "ssh"): 7.0, ("memory_kill", "db01", "", ""): 2.0}
    # None of them twice.
    assert sorted(found) == sorted((*key, value) for key, value in expected.items())


def test_each_alert_on_lines_is_about_a_kind_that_is_counted():
    rules = (ROOT / "roles/monitoring/files/rules/logs.yml").read_text()
    assert {*re.findall(r'logs_recent_lines\{kind="(\w+)"', rules)} == {*counts.kinds("stack")}


def test_a_server_that_does_not_answer_is_told(capsys):
    configuration = {"url": "http://127.0.0.1:9", "machines": ["db01"], "max_bytes": 1}
    assert list(metrics.samples(configuration)) == [("logs_server_up", {}, 0.0)]


def test_a_machine_that_has_sent_something_goes_on_where_it_was(tmp_path):
    (tmp_path / "state").write_text("LAST_CURSOR=there\n")
    env = {**os.environ, "STATE_DIRECTORY": str(tmp_path)}
    subprocess.run([ROOT / "roles/logs/files/begin_upload.sh", "24"], env=env, check=True)
    assert (tmp_path / "state").read_text() == "LAST_CURSOR=there\n"


@pytest.mark.parametrize(("servers", "has_client"), [({}, False), ({"app01": None}, True)])
def test_whoever_sends_has_a_certificate_to_show(tmp_path, servers, has_client):
    """db01 is no machine of the monitoring."""
    hosts = {**HOSTS, "log_servers": {"hosts": servers}, "monitoring": {"hosts": {"app01": None}}}
    (tmp_path / "hosts.json").write_text(json.dumps(hosts))
    (found,) = values_of_role(
        tmp_path, "machine", ("_machine_client", {"inventory_hostname": "db01"}), inventory=str(tmp_path / "hosts.json")
    )
    assert found is has_client
