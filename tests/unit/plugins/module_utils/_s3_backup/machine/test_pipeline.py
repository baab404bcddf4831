# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every program of a chain counts: none that fails goes unnoticed, and none is left running."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.digest import Digest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.pipeline import Command, Pipeline, run


def shell(name, script):
    return Command(name, ["sh", "-c", script])


CAT = Command("cat", ["cat"])


def output(*steps, source=None):
    with Pipeline(steps, source=source) as chain:
        content = chain.output.readall()
        chain.finish()
    return content


def test_a_stream_passes_programs_and_functions_unchanged():
    first, last = Digest(), Digest()
    content = os.urandom(3_000_000)
    parts = (content[begin : begin + 70_000] for begin in range(0, len(content), 70_000))
    assert output(first, CAT, CAT, last, CAT, source=parts) == content
    assert (first.size, first.hex()) == (last.size, last.hex())
    assert first.size == len(content)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("cat; echo broken >&2; exit 3", "culprit failed with exit code 3: broken"),
        ("head -c 10; kill -KILL $$", "culprit was ended by SIGKILL"),
        ("exit 1", "culprit failed with exit code 1"),
    ],
)
def test_one_that_fails_is_named_wherever_it_stands(position, script, verdict):
    steps = [CAT, CAT, CAT]
    steps[position] = shell("culprit", script)
    with pytest.raises(BackupError) as failure:
        output(*steps, source=[b"x" * 100_000] * 50)
    assert str(failure.value).startswith(verdict)
    assert "cat" not in str(failure.value)


def test_one_that_ends_early_without_an_error_is_found_by_the_one_before_it():
    with pytest.raises(BackupError, match="first was ended by SIGPIPE"):
        output(shell("first", "exec yes"), shell("second", "head -c 1"))


def test_a_source_that_fails_kills_the_chain_instead_of_ending_the_stream():
    def source():
        yield b"half of it"
        raise BackupError("the store is gone")

    with pytest.raises(BackupError, match="the store is gone"):
        output(CAT, source=source())


def test_a_program_that_is_missing_is_named():
    with pytest.raises(BackupError, match="not-a-program cannot be started: No such file or directory; install it"):
        output(CAT, Command("x", ["not-a-program"]), source=[b""])
    with pytest.raises(BackupError, match="not-a-program cannot be started"):
        run(Command("x", ["not-a-program"]))


def test_nothing_is_left_running():
    began = time.monotonic()
    with Pipeline([shell("sleeper", "exec sleep 60"), CAT]) as chain:
        processes = [process for _name, process, _words in chain.processes]
    assert all(process.poll() is not None for process in processes)
    assert time.monotonic() - began < 10


def test_the_last_words_are_short():
    with pytest.raises(BackupError) as failure:
        output(shell("talker", "yes word | head -c 100000 >&2; exit 1"))
    assert len(str(failure.value)) < 3000
