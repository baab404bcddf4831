# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which authorities a machine trusts, and that it keeps no certificate with which it can show itself to others when it has nobody to show
it to.
"""

from __future__ import annotations

import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role


@pytest.mark.parametrize(
    ("files", "trusted"),
    [
        ({"ca": "old"}, ["old"]),
        ({"ca": "old", "next": "new"}, ["new", "old"]),
        # A run that let the new one sign was killed: the old one has two names.
        ({"ca": "old", "next": "new", "previous": "ca"}, ["new", "old"]),
        ({"ca": "new", "previous": "old"}, ["new", "old"]),
        # None that signs: nothing may be written.
        ({"next": "new", "previous": "old"}, None),
    ],
)
def test_each_authority_is_trusted_once_and_the_newest_comes_first(tmp_path, files, trusted):
    for name, content in files.items():
        path = tmp_path / f"{name}.crt"
        if content in files:
            path.hardlink_to(tmp_path / f"{content}.crt")
        else:
            path.write_text(f"{content}\n")
    tasks = yaml.safe_load((ROOT / "roles/machine/tasks/certificates.yml").read_text())
    (command,) = (task["ansible.builtin.command"] for task in tasks if task.get("register") == "__machine_ca_file")
    done = subprocess.run(command["argv"], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert (done.stdout.split() if done.returncode == 0 else None) == trusted, done.stderr


@pytest.mark.parametrize(
    ("is_client", "installed", "removed"),
    [
        (True, "prometheus installed", []),
        (False, "prometheus config-files", ["/tls/client.crt", "/tls/client.key"]),
        (False, "sudo installed", ["/tls/client.crt", "/tls/client.key"]),
        # It left the group, and Prometheus still runs there.
        (False, "prometheus installed", []),
    ],
)
def test_the_certificate_of_a_client_goes_with_prometheus(tmp_path, is_client, installed, removed):
    variables = {
        "_machine_client": is_client,
        "machine_tls_directory": "/tls",
        "machine_packages": [],
        "__machine_ca_file": {"stdout": "ca"},
        "__machine_probe": {"stdout_lines": [installed]},
    }
    files, asked = values_of_role(
        tmp_path, "machine", ("_machine_trust_files", variables), ("_machine_queried_packages", variables)
    )
    assert [file["path"] for file in files if file.get("absent")] == removed
    assert {"path": "/tls/ca.crt", "content": "ca\n"} in files
    assert "prometheus" in asked
