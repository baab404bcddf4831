# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Makefile's targets do what they say, and what pages name of targets, parts, scripts and playbooks is there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import yaml
from support.fixtures.artefact import ROOT
from support.helpers.pages import pages

sys.path.insert(0, str(ROOT / "scripts"))
import parts
import steps

MAKEFILE = (ROOT / "Makefile").read_text()


def targets():
    return set(re.findall(r"(?m)^([a-z-]+):.*## ", MAKEFILE))


def test_make_lab_does_what_make_test_does():
    lab = re.findall(
        r"(?m)^(?:phase '[^']+' )?(?:env LAB_INVENTORY=\w+ )?((?:scripts|tests)/\S.*)$",
        (ROOT / "scripts/lab").read_text(),
    )
    assert len(lab) == 8
    assert set(lab) - {"scripts/setup", *steps.OWNER} <= {" ".join(step.command) for step in steps.STEPS}
    assert "scripts/setup" in (ROOT / "scripts/test").read_text()


def test_the_lab_converges_with_site():
    (play,) = yaml.safe_load((ROOT / "molecule/default/converge.yml").read_text())
    assert play["ansible.builtin.import_playbook"] == "../../playbooks/site.yml"


def made(*arguments):
    # Run by make itself, as `make test` is, it would tell of directories too.
    command = ["make", *arguments, "--no-print-directory"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_make_help_names_every_target():
    phony = re.search(r"(?m)^\.PHONY: (.*)$", MAKEFILE)[1].split()
    assert {line.split()[1] for line in made("help").splitlines()} == set(phony) == targets()


def test_a_long_test_is_chosen_by_its_name():
    assert made("test-all", "PART=settings", "--dry-run") == "scripts/test --part=settings\n"
    listed = subprocess.run(
        [sys.executable, "scripts/test.py", "--part="], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert set(parts.parts()) <= set((listed.stdout + listed.stderr).split())


@pytest.mark.parametrize("target", ["deploy", "rollback"])
def test_a_release_is_deployed_by_the_environment(target):
    """Whoever starts a workflow writes it: it is no part of a command."""
    arguments = ["INVENTORY=i", "RELEASE=v1; $$(false)"]
    dry = made(target, *arguments, "--dry-run")
    assert dry.split() == ["scripts/env", "python", "scripts/converge.py", "-i", '"i"', target]
    assert made(target, *arguments, "PYTHON=printenv RELEASE; :") == "v1; $(false)\n"


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_part_script_and_playbook_that_a_page_names_is_there(page):
    text = page.read_text()
    assert set(re.findall(r"(?:^|`)(?:[A-Z]+=\S+ )?make ([a-z-]+)", text, re.MULTILINE)) <= targets()
    assert set(re.findall(r"\bPART=([a-z0-9_-]+)", text)) <= set(parts.parts())
    scripts = set(re.findall(r"(?<![\w/])scripts/[\w.-]*\w", text))
    assert [script for script in sorted(scripts) if not (ROOT / script).exists()] == []
    playbooks = {file.stem for file in (ROOT / "playbooks").glob("*.yml")}
    assert set(re.findall(r"\bplaybooks/([a-z_]+)\.yml", text)) <= playbooks
    assert set(re.findall(r"ansible-playbook [^`\n]*\bplannerate\.infra\.([a-z_]+)", text)) <= playbooks
