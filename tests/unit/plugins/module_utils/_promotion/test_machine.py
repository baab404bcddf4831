# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every script of a change of primary comes to its end, whatever its machine does."""

from __future__ import annotations

import time

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import LocalMachine, StepFailed


@pytest.fixture
def machine():
    return LocalMachine("db01")


def test_a_script_is_answered(machine):
    answer = machine.run("echo out; echo error >&2; exit 3")
    assert (answer.code, answer.output) == (3, "out")
    assert answer.errors.endswith("error")


def test_what_fails_is_said_with_its_reason(machine):
    with pytest.raises(StepFailed, match=r"stopping pg-main on db01 failed: .*no such unit"):
        machine.check("stopping pg-main", "echo no such unit >&2; exit 5")
    with pytest.raises(StepFailed, match="stopping pg-main on db01 failed: exit code 5"):
        machine.check("stopping pg-main", "exit 5")


def test_a_script_that_takes_too_long_is_ended(machine, tmp_path):
    begun = time.monotonic()
    with pytest.raises(StepFailed, match=r"on db01 was not done after 0.5 s"):
        machine.check("stopping pg-main", f"sleep 5; touch {tmp_path}/ended", 0.5)
    assert time.monotonic() - begun < 3
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_even_be_killed_is_not_waited_for(machine):
    """As of a program that hangs on a disk: timeout(1) never comes to its end."""
    begun = time.monotonic()
    with pytest.raises(StepFailed, match=r"on db01 was not done after 0.5 s"):
        machine.check("stopping pg-main", "kill -STOP $PPID; sleep 6", 0.5)
    assert 3 < time.monotonic() - begun < 6
