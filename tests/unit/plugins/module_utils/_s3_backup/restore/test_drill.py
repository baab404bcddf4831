# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What loads a dump does what the dump wants: its answers are bounded, and none is believed."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Damaged, Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import drill, protocol

GOOD = {"seconds": 1.5, "counts": {"tables": {"public.a": 3}, "large_objects": {"number": 0, "bytes": 0}}}
LIMIT = 10_000


class Feeder:
    """A Loader as far as it is needed here."""

    fed = False

    def feed(self, file):
        self.fed = True
        file.sendall(b"the dump")


@pytest.fixture
def ask(tmp_path):
    """A function that gives what a drill makes of these bytes."""
    threads = []

    def asking(said, time_limit=30, begins=True):
        path = str(tmp_path / "drill.sock")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen()

        def answer():
            with listening, listening.accept()[0] as connection:
                request = protocol.receive(connection, LIMIT)
                assert request == {"database": "shop"}
                if begins:
                    protocol.send(connection, protocol.BEGIN)
                if said is None:
                    wait = select.poll()
                    wait.register(connection, 0)
                    assert wait.poll(10_000), "it hangs up"
                with contextlib.suppress(BrokenPipeError):
                    connection.sendall(said or b"")

        threads.append(threading.Thread(target=answer, daemon=True))
        threads[-1].start()
        settings = {"socket": path, "time_limit": time_limit}
        asking.feeder = Feeder()
        return drill._read(drill._ask(settings, asking.feeder, {"database": "shop"}, LIMIT))

    yield asking
    for thread in threads:
        thread.join(10)


def framed(document):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return struct.pack(">I", len(text)) + text


def test_counts_are_taken_as_they_are(ask):
    assert ask(framed(GOOD)) == (1.5, GOOD["counts"])


@pytest.mark.parametrize(
    ("said", "words"),
    [({"failed": "refused", "message": "make room"}, "make room"), (GOOD, "expected counts or a failure")],
    ids=["refused", "counts of nothing"],
)
def test_what_does_not_begin_is_fed_nothing_and_has_nothing_to_count(ask, said, words):
    with pytest.raises(BackupError, match=words):
        ask(framed(said), begins=False)
    assert not ask.feeder.fed


@pytest.mark.parametrize(("kind", "error"), [("damaged", Damaged), ("refused", Refused), ("failed", BackupError)])
def test_a_failure_is_the_drills_in_printable_words(ask, kind, error):
    with pytest.raises(error) as caught:
        ask(framed({"failed": kind, "message": "a\x1b[2Jb\nc" + "x" * 9000}))
    assert caught.type is error
    assert str(caught.value).startswith("a [2Jb cx")
    assert len(str(caught.value)) == 4000


@pytest.mark.parametrize(
    "said",
    [
        framed(b""),
        framed(b"{"),
        framed(b"\xff"),
        framed(b"[" * 9000),
        framed(b'{"seconds": ' + b"9" * 9000 + b"}"),
        struct.pack(">I", LIMIT + 1),
        framed([]),
        framed({}),
        framed({"failed": "gone", "message": "x"}),
        framed({"failed": ["damaged"], "message": "x"}),
        framed({"failed": "damaged"}),
        framed({**GOOD, "seconds": "1"}),
        framed({**GOOD, "seconds": float("nan")}),
        framed({**GOOD, "seconds": float("inf")}),
        framed({**GOOD, "seconds": True}),
        framed({**GOOD, "counts": {"tables": {}}}),
        framed({**GOOD, "counts": {"tables": [], "large_objects": {"number": 0, "bytes": 0}}}),
        framed({**GOOD, "counts": {"tables": {"public.a": -1}, "large_objects": {"number": 0, "bytes": 0}}}),
        framed({**GOOD, "counts": {"tables": {"public.a": None}, "large_objects": {"number": 0, "bytes": 0}}}),
        framed({**GOOD, "counts": {"tables": {}, "large_objects": {}}}),
    ],
)
def test_nonsense_is_called_that(ask, said):
    with pytest.raises(BackupError, match=r"what loads the dump answered .*, expected counts or a failure") as caught:
        ask(said)
    assert caught.type is BackupError


@pytest.mark.parametrize("said", [b"", b"\0", framed(GOOD)[:-1]])
def test_half_an_answer_is_none(ask, said):
    with pytest.raises(BackupError, match="ended without an answer; see the journal of its unit"):
        ask(said)


def test_who_does_not_answer_is_given_up(ask):
    with pytest.raises(BackupError, match=r"not restored within 0\.2 s"):
        ask(None, time_limit=0.2)


def test_other_rows_than_were_dumped_are_told_by_the_half_that_judges(ask):
    _seconds, counts = ask(framed(GOOD))
    with pytest.raises(Damaged, match=r"public\.a has 3 rows, expected 4"):
        drill.compare({"id": "x", "row_counts": True, "tables": {"public.a": 4}}, counts)
