# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One part at a time has the directory; it is told to stop, and one that was killed is seen to be gone."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation import workplace


def killed_within(directory):
    """Its exit code."""
    child = os.fork()
    if child == 0:
        with workplace.alone(str(directory)):
            workplace.say_that_it_began(str(directory))
            os.kill(os.getpid(), signal.SIGKILL)
    return os.waitpid(child, 0)[1]


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "validation"


def test_it_is_there_meanwhile_for_one_alone(directory):
    with workplace.alone(str(directory)):
        assert directory.stat().st_mode & 0o777 == 0o700 and workplace.runs(str(directory))
        with pytest.raises(workplace.Taken), workplace.alone(str(directory)):
            pass
        assert workplace.runs(str(directory))
    assert not directory.exists() and not workplace.runs(str(directory))


def test_what_runs_is_told_to_stop_and_waited_for(directory):
    began = threading.Event()

    def work():
        with workplace.alone(str(directory)):
            began.set()
            while not workplace.is_to_stop(str(directory)):
                time.sleep(0.01)

    worker = threading.Thread(target=work)
    worker.start()
    began.wait(5)
    assert workplace.end(str(directory), 5) is True
    worker.join(5)
    assert not worker.is_alive() and not directory.exists()
    assert workplace.end(str(directory), 5) is False


def test_what_goes_on_is_told(directory):
    with workplace.alone(str(directory)), pytest.raises(workplace.Taken, match="did not stop"):
        workplace.end(str(directory), 0)


@pytest.mark.parametrize("is_ended", [True, False])
def test_what_was_killed_is_in_nobodys_way(directory, is_ended):
    assert killed_within(directory) == signal.SIGKILL
    assert (directory / "began").exists() and not workplace.runs(str(directory))
    (directory / "stop").touch()
    if is_ended:
        assert workplace.end(str(directory), 0) is True
        assert not directory.exists()
    else:
        with workplace.alone(str(directory)):
            assert not workplace.is_to_stop(str(directory)) and not (directory / "began").exists()
