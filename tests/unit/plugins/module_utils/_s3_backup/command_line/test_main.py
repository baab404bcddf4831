# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command answers in lines for a person or one document for a machine, and its exit code says how it went."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line import main
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import (
    Busy,
    Damaged,
    Refused,
    Stopped,
    UsageError,
)


@pytest.fixture(autouse=True)
def as_it_was():
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def command(monkeypatch):
    """A function that replaces a command by one that answers, or fails, as it is told."""
    monkeypatch.setattr(main.configuration, "load", lambda path: {"path": path})
    seen = []

    def replace(name, answer):
        def run(found, options):
            seen.append((found, options))
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setitem(main._COMMANDS, name, run)
        return seen

    return replace


def test_a_person_gets_lines_and_a_machine_gets_a_document(command, capsys):
    command("list", ({"backups": []}, ["no backups", "none"]))
    assert main.main(["list", "production"]) == 0
    assert capsys.readouterr().out == "no backups\nnone\n"
    assert main.main(["list", "production", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"backups": []}


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (Refused, 3), (Damaged, 4), (Busy, 75), (Stopped, 1)],
    ids=str,
)
def test_each_way_of_failing_has_its_exit_code_and_one_line(command, capsys, error, code):
    command("rotate", error("what was found"))
    assert main.main(["rotate", "production"]) == code
    assert capsys.readouterr().err == "plannerate-backup: what was found\n"
    assert main.main(["rotate", "production", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == {"failed": True, "message": "what was found", "exit_code": code}


def test_the_configuration_is_the_environments_or_the_one_that_is_named(command):
    seen = command("status", ({}, []))
    main.main(["status", "production"])
    main.main(["status", "production", "--config=/tmp/x.json"])
    assert [found["path"] for found, _options in seen] == ["/etc/plannerate-backup/production.json", "/tmp/x.json"]


def test_a_time_without_a_zone_is_utc(command):
    seen = command("restore", ({}, []))
    for text in ("2026-11-23T18:00:00", "2026-11-23T18:00:00Z", "2026-11-23T15:00:00-03:00"):
        main.main(["restore", "production", f"--time={text}"])
    assert {options.time for _found, options in seen} == {datetime(2026, 11, 23, 18, tzinfo=timezone.utc)}


@pytest.mark.parametrize(
    "words", [["restore", "p", "--time=now"], ["restore", "p", "--jobs=0"], ["nothing", "p"], ["run"]]
)
def test_what_makes_no_sense_is_refused(words):
    with pytest.raises(SystemExit) as refusal:
        main.main(words)
    assert refusal.value.code == 2


def test_a_signal_stops_once():
    signal.signal(signal.SIGTERM, main._stop)
    with pytest.raises(Stopped, match="stopped by SIGTERM"):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
