# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import multiprocessing
import stat

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._credentials import parse
from ansible_collections.plannerate.infra.plugins.modules import credentials_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "credentials"


@pytest.fixture
def run(run_module, path):
    def run(secrets, **others):
        return run_module(credentials_file, {"path": str(path), "secrets": secrets}, no_log=True, **others)

    return run


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def values(path):
    return {line.name: line.value for line in parse(path.read_text())}


def test_the_first_run_generates_and_the_second_changes_nothing(run, path):
    first = run({"A": {}, "B": {"value": "given"}, "C": {"generate": False}})
    assert first["changed"]
    assert (first["generated"], first["updated"]) == (["A"], ["B"])
    assert values(path) == {"A": first["secrets"]["A"], "B": "given"}
    assert mode(path) == 0o600
    second = run({"A": {}, "B": {"value": "given"}, "C": {"generate": False}})
    assert not second["changed"]
    assert second["secrets"] == first["secrets"] == {**values(path), "C": None}


def test_check_mode_tells_the_change_and_writes_nothing(run, path):
    told = run({"A": {}}, check=True)
    assert (told["changed"], told["generated"]) == (True, ["A"])
    assert len(told["secrets"]["A"]) == 32
    assert not path.exists()


def test_check_mode_succeeds_before_there_is_a_directory(run_module, tmp_path):
    arguments = {"path": str(tmp_path / "none" / "credentials"), "secrets": {"A": {}}}
    assert run_module(credentials_file, arguments, check=True, no_log=True)["changed"]
    assert "was not changed: No such file" in run_module(credentials_file, arguments, no_log=True)["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_a_file_that_others_may_read_is_closed_to_them(run, path, check):
    path.write_text("A=a\n")
    path.chmod(0o644)
    told = run({"A": {}}, check=check)
    assert told["changed"]
    assert "mode 0644" in told["diff"]["before"]
    assert mode(path) == (0o644 if check else 0o600)


def test_the_diff_shows_names_and_never_values(run, path):
    path.write_text("KEPT=oldsecret1\nGIVEN=oldsecret2\n")
    told = run({"KEPT": {}, "GIVEN": {"value": "newsecret"}, "NEW": {}})
    assert told["diff"]["after"].splitlines()[-3:] == ["KEPT", "GIVEN (updated)", "NEW (generated)"]
    assert not any(value in str(told["diff"]) for value in (*told["secrets"].values(), "oldsecret2"))
    assert "newsecret" not in str(told.get("invocation"))


def test_a_malformed_file_stays_as_it_is(run, path):
    path.write_text("A='open\n")
    told = run({"B": {}})
    assert told["failed"]
    assert "was not changed: line 1" in told["msg"]
    assert path.read_text() == "A='open\n"


def test_a_task_that_would_show_the_secrets_is_refused(run_module, path):
    told = run_module(credentials_file, {"path": str(path), "secrets": {"A": {}}})
    assert told["failed"]
    assert "no_log: true" in told["msg"]
    assert not path.exists()


def test_a_link_stays_a_link(run, path, tmp_path):
    target = tmp_path / "target"
    target.write_text("A=a\n")
    path.symlink_to(target)
    run({"B": {}})
    assert path.is_symlink()
    assert set(values(target)) == {"A", "B"}


def test_nothing_is_left_when_writing_fails(run, path, tmp_path, monkeypatch):
    path.write_text("A=a\n")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(credentials_file.os, "replace", fail)
    assert "No space left" in run({"B": {}})["msg"]
    assert path.read_text() == "A=a\n"
    assert list(tmp_path.iterdir()) == [path]


def _generate(path, barrier, answers):
    """Reads, decides and writes as the module does, all at the same moment."""
    barrier.wait()
    file = credentials_file.CredentialsFile(path)
    with file.lock():
        plan = credentials_file.reconcile(file.read()[0], {"A": {}})
        file.write(plan["text"])
    answers.put(plan["secrets"]["A"])


def test_all_who_ask_at_once_get_the_same_secret(path):
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_generate, args=(str(path), barrier, answers)) for dummy in range(4)]
    for process in processes:
        process.start()
    told = {answers.get(timeout=20) for dummy in processes}
    for process in processes:
        process.join()
    assert told == {values(path)["A"]}
