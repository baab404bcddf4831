# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written is there after a power cut, for root alone, and two processes do not share it."""

from __future__ import annotations

import stat

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Busy, Files, empty


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
    assert [stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files if file.name != "lock"] == [0, 0, 0]
    assert len((tmp_path / "releases/shop/state.json").read_text().splitlines()) == 1


def test_half_a_line_of_the_history_hides_no_other(store):
    with store.alone():
        store.record({"release": "1"})
    with open(f"{store.directory}/history.jsonl", "a") as file:
        file.write('{"release": "2')
    store.record({"release": "3"})
    assert [entry["release"] for entry in store.history()] == ["1", "3"]


def test_a_second_process_is_refused(store):
    with store.alone(), pytest.raises(Busy), store.alone():
        pass
    with store.alone():
        pass
