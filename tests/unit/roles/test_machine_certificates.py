# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine keeps no certificate with which it can show itself to others when it has nobody to show it to."""

from __future__ import annotations

import pytest
from support.helpers.plays import values_of_role


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
        "__machine_packages": {"stdout_lines": [installed]},
    }
    files, asked = values_of_role(
        tmp_path, "machine", ("_machine_trust_files", variables), ("_machine_queried_packages", variables)
    )
    assert [file["path"] for file in files if file.get("absent")] == removed
    assert {"path": "/tls/ca.crt", "content": "ca\n"} in files
    assert "prometheus" in asked
