# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a phase as the playbook makes it, run with --check on this machine: what the machines said reaches the plan."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import check_here, run_plays

NEW = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=CA"


@pytest.fixture
def authority(tmp_path):
    """A function that makes one of the authority's certificates."""
    (tmp_path / "ca").mkdir()

    def make(name):
        path = tmp_path / "ca" / name
        command = [*NEW.split(), "-keyout", f"{path}.key", "-out", f"{path}.crt"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    return make


@pytest.fixture
def run(tmp_path):
    """A function that runs the playbook on two machines, both this one; gives its exit code and output."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    # As ssh ends where nobody answers, at once.
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexit 255\n")
    ssh.chmod(0o755)
    away = {"ansible_connection": "ssh", "ansible_ssh_executable": str(ssh), "ansible_ssh_retries": 0}

    def run(phase, *options, unreachable=(), groups=None, **more):
        inventory = {
            "all": {
                "vars": {
                    "ansible_become": False,
                    "machine_ca_directory": str(tmp_path / "ca"),
                    "machine_tls_directory": str(tmp_path / "tls"),
                    "machine_authority": "db01",
                    **more,
                }
            },
            "machines": {
                "hosts": {
                    name: {"ansible_host": f"192.0.2.{number}", **(away if name in unreachable else here)}
                    for number, name in enumerate(("app01", "db01"), 1)
                }
            },
        }
        inventory.update(groups or {})
        chosen = [f"--extra-vars=renew_authority={phase}"] if phase else []
        return check_here(tmp_path, "renew_authority", inventory, *chosen, *options)

    return run


@pytest.mark.parametrize(
    ("phase", "options", "variables", "expected"),
    [
        ("", [], {}, "renew_authority is '', expected trust, issue or forget"),
        ("forget", [], {}, "The next phase is issue"),
        ("issue", [], {}, "app01: its ca.crt has none, expected next.crt and ca.crt: converge it"),
        ("issue", [], {"unreachable": ["db01"]}, "the authority was not renewed: db01 did not answer"),
        # Nobody is left who would say it.
        ("issue", [], {"unreachable": ["app01", "db01"]}, "the authority was not renewed: app01, db01 did not answer"),
        ("issue", ["--limit=db01,localhost"], {}, "found --limit, expected none"),
        ("issue", [], {"machine_owned": False}, "belong to another inventory"),
    ],
)
def test_it_is_refused_before_anything_is_changed(run, authority, phase, options, variables, expected):
    authority("ca")
    authority("next")
    code, said = run(phase, *options, **variables)
    assert code != 0 and expected in said, said
    assert "changed=1" not in said and "Change what the authority keeps" not in said, said


def test_every_server_of_the_group_is_asked(run, authority):
    authority("ca")
    authority("next")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    groups = {
        "postgres": {"children": {"postgres_primary": {}, "postgres_replica": {}}},
        "postgres_primary": {"hosts": {"pg-main": {"postgres_machine": "db01", "postgres_port": port}}},
        # Without a port of its own: that is 5432.
        "postgres_replica": {"hosts": {"pg-replica1": {"postgres_machine": "db01"}}},
        "pgbouncers": {"hosts": {"db01": {}}},
        "docker_hosts": {"hosts": {"app01": {}}},
    }
    code, said = run("issue", groups=groups, pgbouncer_port=port, docker_host_app_image="shop:1", postgres_version=15)
    assert code != 0 and "changed=1" not in said, said
    assert "issue was not begun: app01: Docker did not answer" in said, said
    for server in ("pg-main", "PgBouncer"):
        assert (
            f"issue was not begun: db01: {server} shows no certificate, expected one of the authority that signs"
            in said
        ), said
    # Whatever this machine has there.
    assert "db01: pg-replica1 shows" in said, said
    assert "app01: pg-main" not in said and "app01: PgBouncer" not in said


def test_a_machine_that_failed_has_no_say_in_the_end(tmp_path, authority):
    """What it said before the phase is not what it has now."""
    authority("ca")
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    variables = {
        "renew_authority": "trust",
        "machine_ca_directory": str(tmp_path / "ca"),
        "machine_tls_directory": str(tmp_path / "tls"),
        "machine_authority": "db01",
    }
    inventory = {"machines": {"hosts": {"app01": here, "db01": here}, "vars": variables}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    ask = {"name": "Ask", "ansible.builtin.import_tasks": str(ROOT / "playbooks/tasks/trust.yml")}
    fail = {"name": "Fail", "ansible.builtin.fail": {}, "when": "inventory_hostname == 'db01'"}
    say = {"name": "Say", "ansible.builtin.debug": {"msg": "{{ renewal.after }}"}, "run_once": True}
    plays = [{"hosts": "machines", "gather_facts": False, "tasks": tasks} for tasks in ([ask, fail], [ask, say])]
    said = run_plays(tmp_path, plays, f"--inventory={tmp_path}/hosts.json")[1]
    assert "unknown: db01 did not answer" in said, said
