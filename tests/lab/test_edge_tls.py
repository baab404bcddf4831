# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a public scanner says about TLS, and the security headers of every kind of answer."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.helpers.edge import ADDRESS, acme_roots

HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A scan of both domains by sslyze, against Mozilla's recommendation "intermediate"."""
    directory = tmp_path_factory.mktemp("sslyze")
    (directory / "roots.pem").write_text(acme_roots())
    targets = [f"{domain}:443{{{ADDRESS}}}" for domain in ("app.test", "dev.test")]
    options = [f"--certinfo_ca_file={directory / 'roots.pem'}", f"--json_out={directory / 'scan.json'}"]
    command = [sys.executable, "-m", "sslyze", "--mozilla_config=intermediate", *options, *targets]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return done, json.loads((directory / "scan.json").read_text())
