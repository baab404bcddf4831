# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal of the certificate authority is planned on the machines, and refused, and none of that changes anything. The renewal itself
is in tests/long/authority.
"""

from __future__ import annotations

import pytest
from support.helpers.lab import changed, playbook

FILES = "sha256sum /root/ca/* /etc/ssl/machine/*.crt 2>/dev/null; docker ps --quiet 2>/dev/null"


@pytest.fixture(autouse=True)
def untouched(machine):
    def state():
        return [machine(name).run(FILES).stdout for name in ("app01", "db01")]

    before = state()
    yield
    assert state() == before


def renew(*arguments, **variables):
    done = playbook("renew_authority", *arguments, variables=variables or None)
    return done, " ".join(done.stdout.replace("''", "'").split())


def test_the_first_phase_is_planned_with_what_it_makes():
    done, said = renew("--check", renew_authority="trust")
    assert done.returncode == 0, done.stdout
    assert "found: one authority, which signs and is trusted" in said
    assert "first: another authority is made on db01, beside the one that signs" in said
    # Its key alone; without it nothing else is to be compared.
    assert changed(done.stdout) == 1, done.stdout


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "renew_authority is '', expected trust, issue or forget"),
        ({"renew_authority": "issue"}, "issue was not begun: found one authority"),
    ],
)
def test_what_may_not_begin_is_refused(variables, expected):
    done, said = renew("--check", **variables)
    assert done.returncode != 0 and expected in said, done.stdout
    assert changed(done.stdout) == 0


def test_machines_that_do_not_answer_are_named(tmp_path):
    # As ssh ends where nobody answers.
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexit 255\n")
    ssh.chmod(0o755)
    done, said = renew("--check", renew_authority="trust", ansible_ssh_executable=str(ssh))
    assert done.returncode != 0, done.stdout
    assert "the authority was not renewed: app01, db01 did not answer" in said, done.stdout
