# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converged installation is watched as a whole, quietly, and by nobody else."""

from __future__ import annotations

import re

import yaml
from support.helpers.monitoring import QUIET, RULES


def test_every_target_is_up(monitoring):
    wanted = {
        *[("node", name) for name in monitoring.machines],
        *[("postgres", name) for name in monitoring.members],
        *[(job, monitoring.name) for job in ("alertmanager", "blackbox", "prometheus")],
    }
    targets = monitoring.targets()
    found = {(target["labels"]["job"], target["labels"]["instance"]) for target in targets}
    assert {each for each in found if each[0] != "probe"} == wanted
    assert {target["health"] for target in targets} == {"up"}


def test_every_rule_is_loaded_and_nothing_fires_but_the_dead_mans_switch(monitoring):
    rules = monitoring.rules()
    files = [yaml.safe_load(path.read_text()) for path in RULES.glob("*.yml")]
    wanted = {
        rule.get("alert") or rule["record"] for file in files for group in file["groups"] for rule in group["rules"]
    }
    assert {rule["name"] for rule in rules} == wanted
    assert [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"] == []
    monitoring.wait_until_quiet(timeout=120)
    assert monitoring.firing() == QUIET


def test_each_machine_tells_of_itself(monitoring):
    for metric in (
        "node_filesystem_avail_bytes",
        "node_memory_MemAvailable_bytes",
        "machine_metrics_timestamp_seconds",
    ):
        found = monitoring.query(f"count by (machine) ({metric})")
        assert {sample["metric"]["machine"] for sample in found} == set(monitoring.machines)


def test_everything_listens_on_loopback_or_the_peers_network(monitoring):
    for name, address in monitoring.machines.items():
        listening = monitoring.of(name).check_output("ss --listening --tcp --numeric --processes --no-header")
        exporters = [line.split()[3] for line in listening.splitlines() if "prometheus" in line or "exporter" in line]
        assert exporters
        assert {place.rsplit(":", 1)[0] for place in exporters} <= {"127.0.0.1", address}


def test_without_a_certificate_of_the_authority_no_figure_is_told(monitoring):
    ask = (
        "import socket, ssl; c = ssl.create_default_context(cafile='/etc/ssl/machine/ca.crt'); {more}"
        "s = c.wrap_socket(socket.create_connection(('{address}', 9100)), server_hostname='{address}');"
        "s.sendall(b'GET /metrics HTTP/1.0\\r\\n\\r\\n'); print(s.recv(15))"
    )
    own = "c.load_cert_chain('/etc/ssl/machine/{0}.crt', '/etc/ssl/machine/{0}.key');"
    # Where there is one, another machine's.
    address = next(
        (address for name, address in monitoring.machines.items() if name != monitoring.name),
        monitoring.machines[monitoring.name],
    )
    machine = monitoring.machine
    client = ask.format(more=own.format("client"), address=address)
    assert "200 OK" in machine.check_output(f'python3 -c "{client}"')
    # What a machine serves with does not open another one's exporters.
    for more in ("", own.format("machine")):
        refused = machine.run(f'python3 -c "{ask.format(more=more, address=address)}"')
        assert refused.rc != 0
        assert re.search(r"alert (bad certificate|certificate required)", refused.stderr, re.IGNORECASE), refused.stderr


def test_the_password_is_where_only_the_exporters_read_it(monitoring):
    machine = monitoring.of(monitoring.authority)
    credentials = machine.run("ls /root/.plannerate-credentials /root/.credentials 2>/dev/null").stdout.strip()
    secret = f"sed -n 's/^MONITORING_PASSWORD=//p' {credentials}"
    assert len(machine.check_output(secret)) >= 20
    places = "/etc /run/systemd /var/lib/prometheus /proc/[0-9]*/cmdline /proc/[0-9]*/environ"
    found = machine.run(f"{secret} | grep -rlF --file=- {places} 2>/dev/null").stdout.split()
    assert found == ["/etc/monitoring/pgpass"]
    passfile = machine.file("/etc/monitoring/pgpass")
    assert (passfile.user, passfile.mode) == ("prometheus", 0o400)
