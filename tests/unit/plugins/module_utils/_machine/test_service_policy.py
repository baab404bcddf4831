# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services run on while this module's apt works, and nobody else's apt notices, whatever a killed run left."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine import service_policy


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "policy-rc.d"
    monkeypatch.setattr(service_policy, "PATH", str(path))
    monkeypatch.setattr(service_policy, "LOCK", str(tmp_path / "lock"))
    return path


def answer(path, **environment):
    """As invoke-rc.d asks; apt and dpkg hand their environment on."""
    command = ["sh", "-c", f"{path} postgresql@15-main.service stop"]
    return subprocess.run(command, env={"PATH": os.environ["PATH"], **environment}, check=False).returncode


def test_it_says_no_to_our_own_apt_only(path):
    with service_policy.services_kept():
        assert answer(path, **service_policy.ENVIRONMENT) == 101
        assert answer(path) == 0
    assert not path.exists()


def test_it_can_be_executed_whatever_the_umask_is(path):
    before = os.umask(0o077)
    try:
        with service_policy.services_kept():
            assert path.stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def test_it_goes_where_the_upgrade_fails(path):
    with pytest.raises(RuntimeError), service_policy.services_kept():
        raise RuntimeError
    assert not path.exists()


@pytest.mark.parametrize("left", [service_policy.TEXT, service_policy.TEXT[:40]], ids=["whole", "half written"])
def test_what_a_killed_run_left_is_in_nobodys_way(path, left):
    path.write_text(left)
    path.chmod(0o755)
    assert answer(path) == 0
    with service_policy.services_kept():
        assert answer(path, **service_policy.ENVIRONMENT) == 101
    assert not path.exists()


def test_somebody_elses_stays_and_nothing_is_done(path):
    path.write_text("#!/bin/sh\nexit 101\n")
    with pytest.raises(service_policy.ForeignPolicy), service_policy.services_kept():
        pytest.fail("not reached")
    service_policy.remove()
    assert path.read_text() == "#!/bin/sh\nexit 101\n"
