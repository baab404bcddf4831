# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the README is run by a test, or stands in a block that says that it needs the world outside.

Tests run the commands with the lab's inventories, since nothing ever connects to the real machines.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import yaml
from support.fixtures.artefact import ROOT
from support.helpers.pages import commands, pages

sys.path.insert(0, str(ROOT / "scripts"))
import steps

PLAY = r"ansible-playbook -i inventories/production playbooks/"
CYCLE, VAULTS = "tests/lab/test_backup_cycle.py", "tests/unit/inventories/test_vaults.py"
# What a command looks like, the file that runs it, and how it is written there. "step" is a step of make test.
RUN_BY = [
    (r"make lab", "step", "lab converge staging"),
    (r"(KEEP=1 )?make test", ".ci/run", "make test"),
    (r"make test-all( PART=\S+)?", "tests/unit/docs/test_commands.py", "steps.parts()"),
    (r"make help", "tests/unit/docs/test_commands.py", '"make", "help"'),
    (r"make drill", "tests/long/drill/test_drill.py", "def test_"),
    (r"make bench", "tests/bench/converge", "molecule/bench/inventory/production"),
    (r"make format", "step", "lint python format"),
    (r"make status INVENTORY=\S+", "tests/lab/test_status.py", '"scripts" / "status"'),
    (r"make pools INVENTORY=\S+", "tests/lab/test_pools.py", '"scripts" / "pools"'),
    (r"make converge INVENTORY=\S+( \[CHECK=1\])?", "tests/lab/test_converge_workflow.py", '"make", "converge"'),
    (r"make smoke INVENTORY=\S+", "tests/lab/test_converge_workflow.py", '"make", "smoke"'),
    (r"make slo INVENTORY=\S+", "tests/lab/test_monitoring.py", '"scripts/slo"'),
    (r"scripts/setup", "scripts/test", "phase 'python environment' scripts/setup"),
    (r"(\. )?scripts/env", "scripts/test", ". scripts/env"),
    (
        r"scripts/check-inventory( inventories/\S+)+",
        "tests/unit/inventories/test_inventories.py",
        '"scripts/check-inventory"',
    ),
    (r"export ANSIBLE_VAULT_PASSWORD_FILE=\S+", VAULTS, "ANSIBLE_VAULT_PASSWORD_FILE"),
    (r"ansible-vault create inventories/\S+", VAULTS, '"ansible-vault", "create"'),
    (r"pre-commit install", VAULTS, '"pre-commit", "install"'),
    (PLAY + r"site\.yml --check --diff", "step", "lab check"),
    (PLAY + r"site\.yml", "step", "lab converge"),
    (PLAY.replace("production", "staging") + r"site\.yml", "step", "lab converge staging"),
    (PLAY + r"switchover\.yml -e switchover_target=\S+", "tests/lab/test_switchover.py", 'playbook("switchover"'),
    (PLAY + r"failover\.yml", "tests/lab/test_failover.py", 'playbook("failover"'),
    (PLAY + r"rejoin\.yml", "tests/lab/test_failover.py", 'playbook("rejoin"'),
    (PLAY + r"backup\.yml", CYCLE, 'playbook("backup")'),
    (PLAY + r"restore_drill\.yml", CYCLE, 'playbook("restore_drill")'),
    (PLAY + r"restore\.yml --check", CYCLE, 'playbook("restore", "--check"'),
    (r"plannerate-backup list \S+", CYCLE, '"plannerate-backup list production'),
    (
        r"ansible-galaxy collection build",
        "tests/support/fixtures/artefact.py",
        '"ansible-galaxy", "collection", "build"',
    ),
    (r"ansible-galaxy collection install \S+\.tar\.gz", "tests/support/fixtures/artefact.py", '"install"'),
    (r"ansible-playbook -i \S+ plannerate\.infra\.site", "tests/lab/test_artefact.py", '"plannerate.infra.site"'),
]
README = [command for command in commands(ROOT / "README.md") if not command.outside]
STEPS = {step.name: step for step in steps.STEPS}


def targets():
    return set(re.findall(r"(?m)^([a-z-]+):.*## ", (ROOT / "Makefile").read_text()))


@pytest.mark.parametrize("text", sorted({command.text for command in README}))
def test_every_command_is_run_by_a_test(text):
    assert any(re.fullmatch(pattern, text) for pattern, _where, _needle in RUN_BY), (
        "no test is named for it: add one to RUN_BY, or mark the block with <!-- outside world -->"
    )


@pytest.mark.parametrize(("pattern", "where", "needle"), RUN_BY, ids=[pattern for pattern, _where, _needle in RUN_BY])
def test_the_test_that_is_named_runs_it(pattern, where, needle):
    if where == "step":
        assert needle in STEPS
    else:
        assert needle in (ROOT / where).read_text()
    assert any(re.fullmatch(pattern, command.text) for command in README), "the README does not have it any more"


def test_a_block_that_needs_the_world_outside_tells_its_reader():
    outside = [(page, command) for page in pages(ROOT) for command in commands(page) if command.outside]
    assert outside
    assert [(page, command.text) for page, command in outside if "not tried here" not in command.announced] == []


def test_make_lab_does_what_make_test_does():
    lab = re.findall(
        r"(?m)^(?:phase '[^']+' )?(?:env LAB_INVENTORY=\w+ )?((?:scripts|tests)/\S.*)$",
        (ROOT / "scripts/lab").read_text(),
    )
    assert len(lab) == 7
    assert set(lab) - {"scripts/setup"} <= {" ".join(step.command) for step in steps.STEPS}
    assert "scripts/setup" in (ROOT / "scripts/test").read_text()


def test_the_lab_converges_with_site():
    (play,) = yaml.safe_load((ROOT / "molecule/default/converge.yml").read_text())
    assert play["ansible.builtin.import_playbook"] == "../../playbooks/site.yml"


def test_make_help_names_every_target():
    # Run by make itself, as `make test` is, it would tell of directories too.
    done = subprocess.run(
        ["make", "help", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    phony = re.search(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())[1].split()
    assert {line.split()[1] for line in done.stdout.splitlines()} == set(phony) == targets()


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_part_script_and_playbook_that_a_page_names_is_there(page):
    text = page.read_text()
    assert set(re.findall(r"(?:^|`)(?:[A-Z]+=\S+ )?make ([a-z-]+)", text, re.MULTILINE)) <= targets()
    assert set(re.findall(r"\bPART=([a-z-]+)", text)) <= set(steps.parts())
    assert [name for name in re.findall(r"\bscripts/[a-z_-]+(?:\.py)?", text) if not (ROOT / name).exists()] == []
    playbooks = {file.stem for file in (ROOT / "playbooks").glob("*.yml")}
    assert set(re.findall(r"\bplaybooks/([a-z_]+)\.yml", text)) <= playbooks
    assert set(re.findall(r"ansible-playbook [^`\n]*\bplannerate\.infra\.([a-z_]+)", text)) <= playbooks
