# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows promise what nobody can try here: who may run what, with which rights, and that it is this repository's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import steps  # noqa: E402

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SECRETS = {"SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS", "VAULT_PASSWORD"}


def load(name):
    # YAML 1.1 reads the key "on" as true.
    text = (ROOT / ".github" / "workflows" / name).read_text()
    return {("on" if key is True else key): value for key, value in yaml.safe_load(text).items()}


WORKFLOWS = {path.name: load(path.name) for path in FILES}
JOBS = [pytest.param(job, id=f"{name}:{key}") for name, flow in WORKFLOWS.items() for key, job in flow["jobs"].items()]
STEPS = [step for flow in WORKFLOWS.values() for job in flow["jobs"].values() for step in job["steps"]]
CONVERGE, DEPLOY = WORKFLOWS["converge.yml"]["jobs"], WORKFLOWS["deploy.yml"]["jobs"]
BUILD = WORKFLOWS["build.yml"]["jobs"]["image"]
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def runs(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_these_are_all_of_them():
    assert list(WORKFLOWS) == [
        "audit.yml", "build.yml", "ci.yml", "converge.yml", "deploy.yml", "rotate.yml", "validate.yml",
    ]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_by_digest_and_say_their_version(path):
    uses = re.findall(r"uses: (.*)", path.read_text())
    assert uses
    for use in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_an_action_has_one_digest():
    digests = {}
    for step in STEPS:
        if "uses" in step:
            action, digest = step["uses"].split("@")
            digests.setdefault(action, set()).add(digest)
    assert {action: len(found) for action, found in digests.items()} == dict.fromkeys(digests, 1)


def test_no_token_stays_in_a_checkout():
    checkouts = [step for step in STEPS if "checkout" in step.get("uses", "")]
    assert checkouts and all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("job", JOBS)
def test_rights_are_the_least(job):
    expected = {"Comment": {"pull-requests": "write"}, "Image": {"contents": "read", "packages": "write"}}
    assert job["permissions"] == expected.get(job["name"], {"contents": "read"})
    assert job["timeout-minutes"]


def test_no_right_is_given_to_a_whole_workflow():
    assert [flow["permissions"] for flow in WORKFLOWS.values()] == [{}] * len(WORKFLOWS)


def test_no_workflow_gives_secrets_to_a_forks_code():
    events = {event for flow in WORKFLOWS.values() for event in flow["on"]}
    # Those after the first two are begun by whoever may write here, or by the clock.
    assert events == {"push", "pull_request", "workflow_call", "workflow_dispatch", "schedule"}


@pytest.mark.parametrize("job", JOBS)
def test_what_runs_is_a_command_of_this_repository(job):
    for command in runs(job):
        program, *rest = command.split()
        if program == "make":
            assert rest[0] in TARGETS, command
        elif program == "gh":
            assert job["name"] == "Comment" and len(job["steps"]) == 1
        elif job is BUILD:
            assert "docker" in command, "it builds another repository, which has none of these commands"
        else:
            assert program.startswith("scripts/") and (ROOT / program).stat().st_mode & 0o100, command


@pytest.mark.parametrize("job", JOBS)
def test_what_others_write_is_never_part_of_a_command(job):
    assert not [command for command in runs(job) if "${{" in command]


@pytest.mark.parametrize("job", JOBS)
def test_secrets_go_to_single_steps_of_a_job_that_waits_for_a_protected_environment(job):
    assert "secrets" not in str({key: value for key, value in job.items() if key != "steps"})
    for step in job["steps"]:
        given = set(re.findall(r"secrets\.([A-Z_]+)", str(step)))
        if given:
            assert job["environment"] in {
                *(f"{kind}{name}" for kind in ("", "check-", "rotate-") for name in ("staging", "production")),
                "deploy-staging",
            }
            without_machines = "make smoke" in step["run"] or "rotate_backups" in step["run"]
            by_key = step["run"] == "make deploy-by-key"
            assert by_key == (job["environment"] == "deploy-staging")
            assert given == (
                {"VAULT_PASSWORD"} if without_machines else SECRETS - ({"VAULT_PASSWORD"} if by_key else set())
            )
            release = {"RELEASE": "${{ inputs.release }}"} if "make deploy" in step["run"] else {}
            release |= {"DEPLOY_TO": "${{ vars.DEPLOY_TO }}"} if by_key else {}
            assert step["env"] == {**release, **{name: f"${{{{ secrets.{name} }}}}" for name in given}}


@pytest.mark.parametrize("name", ["staging", "production"])
def test_unmerged_code_waits_for_approval_and_is_never_a_forks(name):
    check = CONVERGE[f"check_{name}"]
    assert check["environment"] == f"check-{name}"
    assert check["if"].split(" && ")[:2] == [
        "github.event_name == 'pull_request'",
        "github.event.pull_request.head.repo.full_name == github.repository",
    ]
    assert ("github.base_ref == 'main'" in check["if"]) is (name == "production")
    assert runs(check) == ["scripts/setup converge", f"make converge INVENTORY=inventories/{name} CHECK=1"]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_the_secrets_of_one_environment_and_reads_its_inventory_alone(job):
    """GitHub gives a job the secrets of its environment; a second inventory would be read with the first one's password."""
    read = {inventory for command in runs(job) for inventory in re.findall(r"INVENTORY=inventories/(\S+)", command)}
    assert read == ({re.sub("^(check|rotate)-", "", job["environment"])} if read else set())


@pytest.mark.parametrize("job", JOBS)
def test_beside_the_key_of_the_machines_only_what_is_locked_is_installed(job):
    if "SSH_PRIVATE_KEY" in str(job["steps"]):
        installed = [] if job["environment"] == "deploy-staging" else ["scripts/setup converge"]
        assert [command for command in runs(job) if "setup" in command] == installed


def test_every_environment_of_the_workflow_has_reviewers_by_the_page_that_sets_it_up():
    page = (ROOT / "docs" / "github.md").read_text()
    told = dict(re.findall(r"(?m)^\| `([a-z-]+)` \| [^|]+ \| ([a-z]+)[^|]* \|$", page))
    # Its key is for one command, which the machine checks.
    assert told.pop("deploy-staging") == "none"
    assert told == dict.fromkeys(["check-staging", "check-production", "staging", "production"], "required")
    assert set(told) == {job["environment"] for job in CONVERGE.values() if "environment" in job}
    assert {*told, "deploy-staging"} >= {job["environment"] for job in DEPLOY.values()}


def test_what_runs_by_itself_has_no_key_of_the_machines_and_is_what_was_merged():
    flow = WORKFLOWS["rotate.yml"]
    assert set(flow["on"]) == {"schedule", "workflow_dispatch"}
    for name, job in flow["jobs"].items():
        assert "SSH" not in str(job) and job["environment"] == f"rotate-{name}"
        assert runs(job) == [
            "scripts/setup rotate",
            f"make converge INVENTORY=inventories/{name} PLAYBOOK=rotate_backups",
        ]
    page = (ROOT / "docs" / "github.md").read_text()
    assert "`rotate-staging` and `rotate-production`, for the branch `main` alone" in page


def test_unmerged_code_never_runs_beside_a_token_that_may_write():
    comment = CONVERGE["comment"]
    assert comment["needs"] == ["check_staging", "check_production"]
    assert [list(step) for step in comment["steps"]] == [["name", "run", "env"]], "no checkout"


def test_one_converge_at_a_time_and_none_is_cancelled():
    converging = {
        key: job for key, job in CONVERGE.items() if any(re.search("converge .*[a-z]$", line) for line in runs(job))
    }
    assert list(converging) == ["staging", "production"]
    for job in converging.values():
        assert job["concurrency"] == {"group": "converge", "cancel-in-progress": False, "queue": "max"}


def test_dev_converges_staging_and_main_staging_then_production_each_asked_from_outside():
    assert WORKFLOWS["converge.yml"]["on"]["push"] == {"branches": ["main", "dev"]}
    staging, production = CONVERGE["staging"], CONVERGE["production"]
    assert staging["if"] == "github.event_name == 'push'"
    assert (production["needs"], production["if"]) == ("staging", "github.ref == 'refs/heads/main'")
    for name, job in (("staging", staging), ("production", production)):
        assert job["environment"] == name
        assert runs(job) == [
            "scripts/setup converge",
            f"make converge INVENTORY=inventories/{name}",
            f"make smoke INVENTORY=inventories/{name}",
        ]


def test_production_is_validated_every_month_and_the_report_of_what_failed_is_kept_too():
    assert WORKFLOWS["validate.yml"]["on"]["schedule"] == [{"cron": "23 6 1 * *"}]
    (job,) = WORKFLOWS["validate.yml"]["jobs"].values()
    assert job["environment"] == "production", "its reviewer looks at each run that has a key of the machines"
    assert runs(job) == ["scripts/setup converge", "make validate INVENTORY=inventories/production"]
    makefile = (ROOT / "Makefile").read_text()
    assert f"validate_directory=$(CURDIR)/{job['steps'][-1]['with']['path']} " in makefile
    assert job["steps"][-1]["if"] == "always()"


def test_a_release_goes_to_the_environment_that_was_named_and_is_asked_from_outside():
    assert list(DEPLOY) == ["staging", "staging_by_key", "production"]
    for name in ("staging", "production"):
        job = DEPLOY[name]
        assert (job["if"], job["environment"]) == (f"inputs.environment == '{name}'", name)
        assert job["concurrency"] == {"group": f"deploy-{name}", "cancel-in-progress": False, "queue": "max"}
        assert runs(job) == [
            "scripts/setup converge",
            f"make deploy INVENTORY=inventories/{name}",
            f"make smoke INVENTORY=inventories/{name}",
        ]
    by_key = DEPLOY["staging_by_key"]
    assert (by_key["if"], by_key["environment"]) == ("inputs.environment == 'staging-by-key'", "deploy-staging")
    assert by_key["concurrency"] == DEPLOY["staging"]["concurrency"] and runs(by_key) == ["make deploy-by-key"]
    dispatch, call = (
        WORKFLOWS["deploy.yml"]["on"][event]["inputs"] for event in ("workflow_dispatch", "workflow_call")
    )
    assert dispatch["environment"].pop("options") == ["staging", "production", "staging-by-key"]
    assert [each["environment"].pop("type") for each in (dispatch, call)] == ["choice", "string"]
    assert dispatch == call


@pytest.mark.parametrize(
    ("ref", "tags"),
    [("refs/heads/main", ["main"]), ("refs/heads/dev", ["dev"]), ("refs/heads/a", []), ("refs/tags/main", [])],
)
def test_an_image_is_built_with_its_bill_of_materials_and_named_by_its_digest(tmp_path, ref, tags):
    """The steps as GitHub runs them, with a docker that says what it is told."""
    image, sha, digest = "ghcr.io/callcocam/plannerate", "c" * 40, f"sha256:{'d' * 64}"
    docker = tmp_path / "docker"
    docker.write_text(
        f"""#!/bin/sh
        printf '%s\\n' "$*" >>{tmp_path}/told
        [ "$1" != login ] || cat >{tmp_path}/password
        printf '{{"containerimage.digest": "{digest}"}}' >{tmp_path}/image.json
        """
    )
    docker.chmod(0o755)
    (tmp_path / "output").write_text("")
    inputs = {"${{ inputs.image }}": image, "${{ inputs.file }}": "Dockerfile", "${{ github.token }}": "a token"}
    github = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REF": ref, "GITHUB_REF_NAME": ref.split("/")[-1], "GITHUB_SHA": sha,
        "GITHUB_ACTOR": "ana", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "callcocam/plannerate",
        "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output"),
    }  # fmt: skip
    for step in BUILD["steps"]:
        if "run" in step:
            env = {name: inputs.get(value, value) for name, value in step["env"].items()}
            subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]], env={**github, **env}, check=True, timeout=60
            )
    login, builder, build = (tmp_path / "told").read_text().splitlines()
    assert login == "login ghcr.io --username ana --password-stdin"
    assert (tmp_path / "password").read_text() == "a token"
    assert re.search(r"image=moby/buildkit:v[\d.]+@sha256:[0-9a-f]{64}$", builder)
    assert re.findall(r"--tag (\S+)", build) == [f"{image}:{name}" for name in (sha, *tags)]
    assert "--push" in build and "--provenance mode=max" in build and build.endswith(" .")
    assert re.search(r"--attest type=sbom,generator=\S+:[\d.]+@sha256:[0-9a-f]{64} ", build)
    assert (tmp_path / "output").read_text() == f"digest={digest}\n"
    assert (
        WORKFLOWS["build.yml"]["on"]["workflow_call"]["outputs"]["digest"]["value"]
        == "${{ jobs.image.outputs.digest }}"
    )


def test_every_scenario_is_in_the_matrix():
    scenarios = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}
    matrix = WORKFLOWS["ci.yml"]["jobs"]["molecule"]["strategy"]["matrix"]["scenario"]
    assert matrix == sorted(scenarios - {"bench", "default", "ubuntu"})


def test_every_part_of_the_code_is_in_the_matrix():
    matrix = WORKFLOWS["ci.yml"]["jobs"]["code"]["strategy"]["matrix"]["part"]
    for step in steps.CODE:
        assert [part for part in matrix if step.name.startswith(part)], step.name
    assert [part for part in matrix if not any(step.name.startswith(part) for step in steps.STEPS)] == []
