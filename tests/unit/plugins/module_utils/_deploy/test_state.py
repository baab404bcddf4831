# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written is there after a power cut, for root alone, and two processes do not share it."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import RESERVE, Busy, Files, empty


@pytest.fixture
def store(tmp_path):
    return Files("shop", str(tmp_path / "releases"))


def test_it_is_read_as_it_was_written_in_one_line(store, tmp_path):
    assert store.load() == empty() and store.history() == []
    assert not (tmp_path / "releases").exists(), "reading makes nothing"
    with store.alone():
        store.save({**empty(), "number": 3})
        store.keep_routes("http: {}\n")
        store.record({"release": "1"})
        store.record({"release": "2"})
    assert store.load()["number"] == 3 and store.routes() == "http: {}\n"
    assert [entry["release"] for entry in store.history()] == ["1", "2"]
    files = sorted((tmp_path / "releases/shop").iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files if file.name != "lock"] == [0, 0, 0, 0]
    assert len((tmp_path / "releases/shop/state.json").read_text().splitlines()) == 1


def test_half_a_line_of_the_history_hides_no_other(store):
    with store.alone():
        store.record({"release": "1"})
    with open(f"{store.directory}/history.jsonl", "a") as file:
        file.write('{"release": "2')
    store.record({"release": "3"})
    assert [entry["release"] for entry in store.history()] == ["1", "3"]


@pytest.fixture
def full(monkeypatch):
    """A function after which the disk of the store is full, but for what the reserve gives back."""
    fsync = os.fsync

    def fill(store, code=errno.ENOSPC):
        def refuse(descriptor):
            if code != errno.ENOSPC or os.path.exists(f"{store.directory}/reserve"):
                raise OSError(code, os.strerror(code))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", refuse)

    return fill


def test_where_the_disk_is_full_the_reserve_is_written_to_and_filled_again_by_the_next_run(store, full):
    with store.alone():
        assert os.stat(f"{store.directory}/reserve").st_blocks * 512 >= RESERVE
        full(store)
        store.save({**empty(), "number": 4})
        store.record({"release": "1"})
    assert store.load()["number"] == 4 and [entry["release"] for entry in store.history()] == ["1"]
    with store.alone():
        assert os.stat(f"{store.directory}/reserve").st_size == RESERVE


def test_what_cannot_be_written_leaves_what_was_there(store, full):
    with store.alone():
        store.save({**empty(), "number": 4})
        full(store, errno.EIO)
        with pytest.raises(OSError):
            store.save({**empty(), "number": 5})
    assert store.load()["number"] == 4


def test_what_is_written_is_not_called_a_failure(store, monkeypatch):
    """It would be gone back from, though the state says that it was done."""
    fsync = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with store.alone():
        store.save({**empty(), "number": 4})
    assert store.load()["number"] == 4


def test_a_second_process_is_refused(store):
    with store.alone(), pytest.raises(Busy), store.alone():
        pass
    with store.alone():
        pass
