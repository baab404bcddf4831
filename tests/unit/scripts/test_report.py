# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report prints what its playbook showed, and an exit code says whether all is well."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import report  # noqa: E402

TABLE = {"rows": [{"member": "pg-main"}], "table": "MEMBER\npg-main"}


def measured(uptime):
    return {"result": [{"metric": {"__name__": "slo:uptime:ratio30d"}, "value": [0, uptime]}]}


@pytest.fixture
def run(monkeypatch, capsys):
    """(exit code, standard output, standard error) of a report whose playbook gave an answer."""

    def run(*arguments, **answer):
        monkeypatch.setattr(sys, "argv", ["report.py", *arguments])
        monkeypatch.setattr(
            report, "ask", lambda *_: report.Answer(**{"shown": [], "code": 0, "failures": "", **answer})
        )
        return report.main(), *capsys.readouterr()

    return run


def test_people_get_the_table_and_programs_the_rows(run):
    assert run("status", shown=[TABLE]) == (0, "MEMBER\npg-main\n", "")
    code, output, _errors = run("status", "--json", shown=[TABLE])
    assert (code, json.loads(output)) == (0, TABLE["rows"])


def test_what_was_shown_of_a_run_that_failed_is_printed_and_the_run_stays_failed(run):
    failed = run("pools", shown=[TABLE], code=4, failures="two members take writes")
    assert failed == (4, "MEMBER\npg-main\n", "two members take writes\n")


def test_a_run_that_showed_nothing_says_why_and_fails(run):
    assert run("status", failures="db01: unreachable", code=4) == (4, "", "db01: unreachable\n")
    assert run("status", failures="no hosts matched", code=0)[0] == 1


def test_a_promise_that_was_not_kept_is_an_exit_code(run):
    assert run("slo", shown=[measured("0.9999")])[0] == 0
    code, output, _errors = run("slo", shown=[measured("0.99")])
    assert code == 1 and "NO" in output.split()


def test_a_validation_prints_its_table_and_where_the_report_is(run, tmp_path):
    report_file = tmp_path / "report.html"
    report_file.with_suffix(".json").write_text(json.dumps({"rows": [{"part": "pool", "verdict": "fail"}]}))
    shown = {"table": "PART\npool", "report": str(report_file)}
    failed = run("validate", shown=[shown], code=2, failures="app01: 1 of 2 kept")
    assert failed == (2, f"PART\npool\n{report_file}\n", "")
    code, output, _errors = run("validate", "--json", shown=[shown])
    assert (code, json.loads(output)) == (0, [{"part": "pool", "verdict": "fail"}])


def test_each_failure_and_each_failed_item_is_one_line():
    tasks = [
        {"task": {"name": "Ask"}, "hosts": {"db01": {"unreachable": True, "msg": "timed out"}, "app01": {"rc": 0}}},
        {
            "task": {"name": "Look"},
            "hosts": {"app01": {"results": [{"failed": True, "msg": "no disk"}, {"failed": False}]}},
        },
        {"task": {"name": "May fail"}, "hosts": {"app01": {"failed": True, "ignored": True, "msg": "expected"}}},
    ]
    assert report.failed([{"tasks": tasks}]) == ["db01: timed out", "app01: no disk"]


@pytest.mark.parametrize("name", report.REPORTS)
def test_each_report_has_a_playbook_and_a_target(name):
    assert yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text())
    assert f"report.py {name} " in (ROOT / "Makefile").read_text()


def test_it_connects_with_the_secrets_of_the_environment_and_says_which_is_missing(monkeypatch, capsys, tmp_path):
    program = tmp_path / "ansible-playbook"
    program.write_text("#!/bin/sh\ncat \"$ANSIBLE_VAULT_PASSWORD_FILE\"; echo; env | grep -c '^VAULT_PASSWORD='\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("VAULT_PASSWORD", "opens-it")
    assert report.ask("somewhere", "validate").failures == "opens-it\n\n0"
    monkeypatch.setenv("VAULT_PASSWORD", "")
    monkeypatch.setattr(sys, "argv", ["report.py", "validate"])
    assert report.main() == 1
    assert "Found no VAULT_PASSWORD" in capsys.readouterr().err
