# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that the first pages tell a reader to type is run by a test, or stands in a block that says that it was not tried.

Tests run the commands with the lab's inventories, since nothing ever connects to the real machines.
"""

from __future__ import annotations

import re
import sys

import pytest
from support.fixtures.artefact import ROOT
from support.helpers.pages import commands, pages
from support.helpers.runners import words_of

sys.path.insert(0, str(ROOT / "scripts"))
import parts
import steps

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/changes.md", "docs/github.md")]
PLAY = "ansible-playbook -i inventories/production playbooks/"
MAKE = "tests/unit/docs/test_makefile.py::test_"
VAULTS, ARTEFACT = "tests/unit/inventories/test_vaults.py::test_", "tests/unit/artefact/test_artefact.py::test_"
DEPLOY = "tests/lab/test_deploy.py::test_"
BY_KEY = DEPLOY + "a_deployment_key_deploys_its_environment_and_does_nothing_else"
PATCH = "tests/lab/test_patch.py::test_"
WORKFLOW, SWITCHOVER = "tests/lab/test_converge_workflow.py::test_", "tests/lab/test_switchover.py::test_"
FAILOVER, CYCLE = "tests/lab/test_failover.py::test_", "tests/lab/test_backup_cycle.py::test_"
REMOVAL, REMOVED = "tests/lab/test_removal.py::test_", "tests/long/removal/test_"
# What a command looks like; what runs it: a test, a step of `make test`, a part of `make test-all` or a script; and in which words. Without
# words a test runs `make TARGET`, or what the target's recipe runs.
RUN_BY = [
    ("make lab", MAKE + "make_lab_does_what_make_test_does", "scripts/lab"),
    ("(KEEP=1 )?make test", ".ci/run", "exec make test"),
    (r"make test-all( PART=\S+)?", MAKE + "a_long_test_is_chosen_by_its_name", "made test-all"),
    (
        r"(LAB_TAKE_OVER=1 )?make clean",
        "tests/unit/scripts/test_lab_owner.py::test_clean_removes_its_own_lab_and_says_what",
        "make clean",
    ),
    ("make help", MAKE + "make_help_names_every_target", "made help"),
    ("make drill", "part drill", "tests/long/drill"),
    ("make format", "step lint python format", "ruff format"),
    ("make lint", "step lint python", "ruff check"),
    ("make unit", "step unit", "python -m pytest"),
    ("make molecule SCENARIO=postgres_primary", "step molecule postgres_primary", "scripts/molecule"),
    (r"python -m pytest tests/unit/\S+", "step unit", "python -m pytest"),
    (r"python -m pytest tests/servers/\S+", "step servers", "python -m pytest"),
    (r"python -m pytest tests/lab/\S+", "step lab tests", "python -m pytest"),
    (
        r"make status INVENTORY=\S+",
        "tests/lab/test_status.py::test_the_table_has_every_member_with_role_lag_and_slot",
        "",
    ),
    (r"make pools INVENTORY=\S+", "tests/lab/test_pools.py::test_the_table_has_every_pool_with_its_target", ""),
    (r"make slo INVENTORY=\S+", "tests/lab/test_monitoring.py::test_the_measures_of_success_are_one_table", ""),
    (
        r"make validate INVENTORY=\S+",
        "tests/lab/test_validate.py::test_the_lab_keeps_what_was_promised_and_the_report_says_so",
        "",
    ),
    (
        r"make converge INVENTORY=\S+( PLAYBOOK=rotate_backups)?( \[CHECK=1\])?",
        WORKFLOW + "a_pull_request_is_told_what_would_change_and_nothing_does",
        "",
    ),
    (r"make deploy INVENTORY=\S+ RELEASE=\S+", MAKE + "a_release_is_deployed_by_the_environment", ""),
    (
        r"make deploy-by-key DEPLOY_TO=\S+ RELEASE=\S+",
        BY_KEY,
        "make deploy-by-key",
    ),
    (r"make rollback INVENTORY=\S+", MAKE + "a_release_is_deployed_by_the_environment", ""),
    (r"make smoke INVENTORY=\S+", WORKFLOW + "smoke_finds_both_environments_as_they_should_be", ""),
    (
        r"make check-inventory( INVENTORY=\S+)?",
        "tests/unit/inventories/test_inventories.py::test_every_host_has_what_its_roles_need",
        "",
    ),
    ("scripts/setup", "scripts/test", "phase 'python environment' scripts/setup"),
    (
        "scripts/setup converge",
        "tests/long/lock/test_from_nothing.py::test_all_of_it_and_nothing_else",
        "scripts/setup converge",
    ),
    (
        "scripts/setup rotate",
        "tests/long/lock/test_from_nothing.py::test_a_rotation_has_all_of_its_own",
        "scripts/setup rotate",
    ),
    (r"(\. )?scripts/env", "scripts/test", ". scripts/env"),
    (
        "scripts/role_docs.py",
        "tests/unit/docs/test_links.py::test_the_pages_of_the_roles_are_up_to_date",
        "scripts/role_docs.py",
    ),
    (
        r"export ANSIBLE_VAULT_IDENTITY_LIST=\S+",
        VAULTS + "a_vault_is_let_in_encrypted_only",
        "ANSIBLE_VAULT_IDENTITY_LIST",
    ),
    (
        r"ansible-vault create --encrypt-vault-id \w+ inventories/\S+",
        VAULTS + "a_vault_is_let_in_encrypted_only",
        "ansible-vault create",
    ),
    ("pre-commit install", VAULTS + "git_refuses_to_commit_a_plain_one", "pre-commit install"),
    (PLAY + "site.yml --check --diff", "step lab check", "scripts/molecule default check"),
    (PLAY + "site.yml", "step lab converge", "scripts/molecule default converge"),
    (
        PLAY.replace("production", "staging") + "site.yml",
        "step lab converge staging",
        "scripts/molecule default converge",
    ),
    (
        PLAY + r"switchover.yml -e switchover_target=\S+",
        SWITCHOVER + "to_and_fro_under_load_no_transaction_fails_and_none_is_lost",
        "playbook switchover",
    ),
    (
        PLAY + "failover.yml",
        FAILOVER + "the_replica_with_more_wal_takes_over_from_a_killed_primary",
        "playbook failover",
    ),
    (
        PLAY + r"deploy.yml -e deploy_release=\S+",
        DEPLOY + "a_deploy_and_a_rollback_under_load_fail_no_request",
        "playbook deploy",
    ),
    (PLAY + "rollback.yml", DEPLOY + "a_deploy_and_a_rollback_under_load_fail_no_request", "playbook rollback"),
    (r"make releases INVENTORY=\S+", DEPLOY + "the_history_is_one_table", ""),
    (
        PLAY + "patch.yml --check",
        PATCH + "check_mode_lists_versions_restarts_and_reboots_and_changes_nothing",
        "playbook patch --check",
    ),
    (PLAY + "patch.yml", "tests/long/patch/test_patch.py::test_a_newer_postgresql_under_load", "playbook patch"),
    (PLAY + "rejoin.yml", FAILOVER + "it_becomes_a_synchronous_standby_without_touching_the_others", "playbook rejoin"),
    (
        PLAY + r"unlock.yml -e unlock=\S+",
        "tests/lab/test_run_lock.py::test_check_mode_takes_none_and_a_lock_is_broken_by_the_name_of_its_run",
        "playbook unlock",
    ),
    (PLAY + "leftovers.yml", REMOVAL + "what_is_left_is_listed_only_where_no_inventory_names_it", "playbook leftovers"),
    (
        PLAY + r"remove_environment.yml -e remove_environment=\S+ --check",
        REMOVAL + "an_environment_that_no_inventory_names_is_planned_with_all_that_it_has",
        "playbook remove_environment --check",
    ),
    (
        PLAY + r"remove_environment.yml -e remove_environment=\S+",
        REMOVED + "environment.py::test_it_comes_and_goes_and_nobody_else_notices",
        "playbook remove_environment",
    ),
    (
        PLAY + r"remove_member.yml -e remove_member=\S+ --check",
        REMOVAL + "a_member_is_planned_and_refused_where_commits_would_wait",
        "playbook remove_member --check",
    ),
    (
        PLAY + r"remove_member.yml -e remove_member=\S+",
        REMOVED + "member.py::test_it_comes_and_goes_and_nobody_notices",
        "playbook remove_member",
    ),
    (
        "plannerate-backup restore --create-roles",
        "tests/servers/backup/test_contents.py::test_a_role_that_only_has_settings_in_the_database_is_known",
        "good restore --into=copy --create-roles",
    ),
    (PLAY + "backup.yml", CYCLE + "the_playbooks_back_up_prove_and_restore", "playbook backup"),
    (PLAY + "restore_drill.yml", CYCLE + "the_playbooks_back_up_prove_and_restore", "playbook restore_drill"),
    (PLAY + "restore.yml --check", CYCLE + "the_playbooks_back_up_prove_and_restore", "playbook restore --check"),
    (
        "ansible-galaxy collection build",
        ARTEFACT + "it_is_called_as_galaxy_yml_says",
        "ansible-galaxy collection build",
    ),
    (
        r"ansible-galaxy collection install \S+\.tar\.gz",
        ARTEFACT + "the_links_of_its_pages_lead_to_what_it_holds",
        "ansible-galaxy collection install",
    ),
    (
        r"ansible-playbook -i \S+ plannerate\.infra\.site",
        "tests/lab/test_artefact.py::test_site_by_its_name_from_an_empty_path_has_nothing_to_change",
        "ansible-playbook plannerate.infra.site",
    ),
    (
        r"sudo fail2ban-client set sshd unbanip \S+",
        "molecule/machine/tests/test_machine.py::test_wrong_keys_ban_a_stranger_and_never_the_controller",
        "fail2ban-client set sshd unbanip",
    ),
]
TOLD = [command for page in PAGES for command in commands(page) if not command.outside]
STEPS = {step.name: step for step in steps.STEPS}
MAKEFILE = (ROOT / "Makefile").read_text()


def recipe(target):
    return re.search(rf"(?m)^{target}:.*\n\t@?(.+)$", MAKEFILE)[1]


def target_of(pattern):
    """The Makefile's target of a command that begins with make; None for any other."""
    found = re.match(r"(?:\(KEEP=1 \)\?)?make ([a-z-]+)", pattern)
    return found[1] if found else None


def says(text, words):
    return re.search(rf"(?<![\w.-]){re.escape(words)}(?![\w-])", text) is not None


def is_run_by_a_test(pattern, runner, words):
    file, _colons, name = runner.partition("::")
    wanted = [words]
    if not words:
        target = target_of(pattern)
        program = re.match(r"(?:\$\(PYTHON\) )?([\w/.-]+(?: [\w-]+)?)", recipe(target))[1].removesuffix(" -i")
        wanted = [f"make {target}", program]
    return any(says(text, one) for text in words_of(ROOT / file, name) for one in wanted)


def is_run_by_a_step(pattern, name, words):
    target, command = target_of(pattern), " ".join(STEPS[name].command)
    begun = re.search(r"scripts/test (\w+)", recipe(target)) if target else None
    same = not target or says(recipe(target), words) or bool(begun and name.startswith(begun[1]))
    return says(command, words) and same


def is_run_by_a_part(pattern, name, words):
    commands = [" ".join(step.command) for step in parts.parts()[name]]
    return f"--part={name}" in recipe(target_of(pattern)) and any(says(command, words) for command in commands)


def is_run(pattern, runner, words):
    kind, _space, name = runner.partition(" ")
    if kind == "step":
        return is_run_by_a_step(pattern, name, words)
    if kind == "part":
        return is_run_by_a_part(pattern, name, words)
    if "::" in runner:
        return is_run_by_a_test(pattern, runner, words)
    return words in (ROOT / runner).read_text().splitlines()


@pytest.mark.parametrize("text", sorted({command.text for command in TOLD}))
def test_every_command_is_run_by_something(text):
    assert any(re.fullmatch(pattern, text) for pattern, _runner, _words in RUN_BY), (
        "no test is named for it: add one to RUN_BY, or mark the block with <!-- outside world -->"
    )


@pytest.mark.parametrize(("pattern", "runner", "words"), RUN_BY, ids=[pattern for pattern, _runner, _words in RUN_BY])
def test_what_is_named_runs_it(pattern, runner, words):
    assert is_run(pattern, runner, words), f"{runner} does not run {words or pattern}"
    assert any(re.fullmatch(pattern, command.text) for command in TOLD), "no page has it any more"


@pytest.mark.parametrize(
    ("pattern", "runner", "words"),
    [
        (r"make pools INVENTORY=\S+", "tests/lab/test_status.py::test_programs_get_the_same_as_json", ""),
        (PLAY + "rejoin.yml", FAILOVER + "a_primary_that_lives_is_not_failed_over", "playbook switchover"),
        (PLAY + "backup.yml", CYCLE + "the_playbooks_back_up_prove_and_restore", "playbook back"),
        ("make help", MAKE + "the_lab_converges_with_site", "made help"),
        ("make unit", "step lint python", "ruff check"),
        ("make test", "scripts/test", "exec make test"),
    ],
)
def test_what_runs_something_else_does_not_pass(pattern, runner, words):
    assert not is_run(pattern, runner, words)


def test_a_block_that_needs_the_world_outside_tells_its_reader():
    outside = [(page, command) for page in pages(ROOT) for command in commands(page) if command.outside]
    assert outside
    told = ("not tried here", "não testado aqui")
    assert [
        (page, command.text) for page, command in outside if not any(words in command.announced for words in told)
    ] == []
