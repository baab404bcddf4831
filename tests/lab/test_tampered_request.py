# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that was taken over asks the authority for the certificate of another one, which is an authority too."""

from __future__ import annotations

import base64

import pytest
from support.helpers.lab import playbook
from support.helpers.programs import PROGRAMS

# A certificate is due, so that there is a request.
DUE = {"machine_certificate_names": ["another.test"]}
# Where cryptography is too: what is in /usr/local is run before it can be imported.
PACKAGES = "/usr/lib/python3/dist-packages"
CERTIFICATES = "sha256sum /etc/ssl/machine/*.crt"


@pytest.fixture
def taken_over(machine):
    """app01, where every Python of root's does what the program says."""
    app01 = machine("app01")
    program = base64.b64encode((PROGRAMS / "asks_for_another.py").read_bytes()).decode()
    files = f"{PACKAGES}/asks_for_another.py {PACKAGES}/asks_for_another.pth"
    app01.check_output(
        f"echo {program} | base64 -d >{PACKAGES}/asks_for_another.py "
        f"&& echo 'import asks_for_another' >{PACKAGES}/asks_for_another.pth"
    )
    yield app01
    app01.check_output(f"rm -f {files}")


def test_the_run_fails_and_names_what_was_asked_for(taken_over, db01):
    before = taken_over.check_output(CERTIFICATES)
    signed = db01.check_output("ls /root/ca")
    done = playbook("machines", "--limit=app01", variables=DUE)
    said = " ".join(done.stdout.replace("''", "'").split())
    assert done.returncode != 0
    assert "app01 asks for a certificate that it must not have: its subject is commonName=db01, expected" in said, said
    assert "its names are DNS:db01, expected" in said and "it is for an authority (CA:TRUE)" in said
    assert "Nothing was signed" in said
    assert taken_over.check_output(CERTIFICATES) == before and db01.check_output("ls /root/ca") == signed
