# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts said to restart is one list at the end of the run, and each line of it comes before the change."""

from __future__ import annotations

import json

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play, run_plays

ROW = {"name": "pgbouncer", "kind": "pgbouncer", "why": "listen_backlog is '128', wanted '1024'"}
LINE = "db01: pgbouncer restarts, since listen_backlog is '128', wanted '1024'. Who notices: "


@pytest.fixture
def run(tmp_path):
    def run(*tasks, options=()):
        named = [{"name": f"Task {number}", **task} for number, task in enumerate(tasks)]
        return run_play(tmp_path, {"hosts": "all", "tasks": named}, "--inventory=db01,db02", *options)

    return run


def listing(*rows):
    return {"plannerate.infra.restart_list": {"restarts": list(rows)}, "when": "inventory_hostname == 'db01'"}


# Nothing answers there.
UNREACHABLE = {
    "ansible.builtin.command": "true",
    "vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
}
SHOW = {"plannerate.infra.restart_list": None, "run_once": True}
CHANGE = {"ansible.builtin.debug": {"msg": "the change"}}


def test_a_run_says_it_before_and_lists_it_at_the_end(run):
    code, said = run(listing(ROW), CHANGE, listing(ROW), SHOW)
    assert code == 0, said
    assert said.index(f"before it is done: {LINE}") < said.index("the change") < said.index("Restarts of this run:")
    assert said.count(f"- {LINE}") == 1 and "changed=0" in said


def test_check_mode_has_the_same_list_at_the_end_alone(run):
    code, said = run(listing(ROW), CHANGE, SHOW, options=["--check"])
    assert code == 0, said
    assert said.count(LINE) == 1
    assert said.index("the change") < said.index("Restarts, if this runs without --check:") < said.index(f"- {LINE}")


def test_every_hosts_rows_are_in_it(run):
    each = {"plannerate.infra.restart_list": {"restarts": [ROW]}}
    code, said = run(each, SHOW, options=["--check"])
    assert code == 0, said
    assert said.count("- db01: pgbouncer") == said.count("- db02: pgbouncer") == 1


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_nothing_restarts(run, options):
    code, said = run(SHOW, options=options)
    assert code == 0 and said.count("Nothing restarts.") == 1, said


UNKNOWN = {"name": "what restarts of PgBouncer", "kind": "unknown", "why": "its packages are not installed yet"}


def test_what_is_not_known_is_not_said_to_be_nothing(run):
    code, said = run(listing(UNKNOWN), SHOW, options=["--check"])
    assert code == 0 and "Nothing restarts." not in said, said
    assert "- db01: what restarts of PgBouncer is not known, since its packages are not installed yet.\n" in said


@pytest.mark.parametrize("broken", [{"ansible.builtin.fail": {"msg": "no"}}, UNREACHABLE])
def test_a_host_that_failed_in_an_earlier_play_is_in_the_list(tmp_path, broken):
    groups = {"machines": {"hosts": {"db01": {}, "app01": {}}}, "postgres": {"hosts": {"pg-main": {}}}}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"children": groups}}))
    task = {"name": "Break", **broken, "when": "inventory_hostname == 'app01'"}
    first = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    plays = [first, {"ansible.builtin.import_playbook": str(ROOT / "playbooks/restart_list.yml")}]
    _code, said = run_plays(tmp_path, plays, f"--inventory={tmp_path}/hosts.json")
    assert said.count("- app01: what restarts, or more of it, is not known") == 1, said
    _code, said = run_plays(tmp_path, plays, f"--inventory={tmp_path}/hosts.json", "--limit=pg-main")
    assert said.count("Nothing restarts.") == 1, "a member alone has a list too"


@pytest.mark.parametrize(
    ("rows", "words"),
    [([{**ROW, "kind": "toaster"}], "kind is 'toaster', expected one of"), (["pgbouncer"], "expected a list of dicts")],
)
def test_a_row_that_is_none_is_refused(run, rows, words):
    code, said = run(listing(*rows))
    assert code != 0 and words in " ".join(said.split()), said
