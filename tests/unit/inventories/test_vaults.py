# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every secret that the inventories name has its place in an example, and a vault comes into the repository encrypted or not at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.vaults import fill_in

ENVIRONMENTS = ("production", "staging")
SHARED = ROOT / "inventories/shared/group_vars"


def used_in(files):
    return {name for file in files for name in re.findall(r"\bvault_\w+(?=[^\n]*}})", file.read_text())}


def offered_in(file):
    return set(yaml.safe_load(file.read_text()))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_an_inventory_reads_is_in_its_own_example(environment):
    directory = ROOT / "inventories" / environment / "group_vars/all"
    assert used_in([*SHARED.glob("*.yml"), *directory.glob("*.yml")]) == offered_in(directory / "vault.yml.example")


def test_no_vault_is_read_by_two_inventories():
    assert not list((ROOT / "inventories/shared").rglob("*vault*"))
    read = [path.resolve() for name in ENVIRONMENTS for path in (ROOT / "inventories" / name).rglob("*")]
    assert [path for path in read if "shared" in path.parts and path.is_dir()] == []


def test_staging_has_no_secret_of_the_machines():
    """Its vault may hold what opens staging, and nothing with which certificates, images or alerts of production are made."""
    staging, production = (
        offered_in(ROOT / f"inventories/{name}/group_vars/all/vault.yml.example") for name in ("staging", "production")
    )
    assert staging < production
    assert {name for name in staging if not re.match(r"vault_(app|s3|backup)_", name)} == set()


def test_the_examples_hold_no_secrets():
    for example in (ROOT / "inventories").rglob("*.example"):
        for name, value in yaml.safe_load(example.read_text()).items():
            assert not value or "replace-" in value or "example.com" in value, f"{example}: {name}"


def test_ansible_does_not_take_the_examples_for_variables(offline):
    done = offline.run("ansible-inventory", "--inventory=inventories/staging", "--list", "--limit=app01")
    assert done.returncode == 0, done.stderr
    assert "replace-me" not in done.stdout


@pytest.fixture
def repository(tmp_path):
    """A repository with the project's rules of what comes in, and a vault in plain text."""
    directory = tmp_path / "repository"
    (directory / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / ".gitignore", directory)
    shutil.copy(ROOT / "scripts/check-vaults", directory / "scripts")
    shutil.copytree(ROOT / "inventories", directory / "inventories", symlinks=True)
    for example in (directory / "inventories").rglob("*.example"):
        fill_in(example)
    subprocess.run(["git", "init", "--quiet"], cwd=directory, check=True)
    return directory


def offered_to_git(directory):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return set(subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True).stdout.split())


def test_a_vault_is_let_in_encrypted_only(repository, offline):
    vaults = sorted(name for name in offered_to_git(repository) if name.endswith("vault.yml"))
    assert vaults == [
        "inventories/production/group_vars/all/vault.yml",
        "inventories/staging/group_vars/all/vault.yml",
    ]

    def check(*files):
        return subprocess.run(
            ["scripts/check-vaults", *files], cwd=repository, capture_output=True, text=True, check=False
        )

    for arguments in ([], vaults):
        refused = check(*arguments)
        assert refused.returncode == 1
        assert all(vault in refused.stderr for vault in vaults)

    identities = []
    for name in ENVIRONMENTS:
        password = repository / f"{name}.vault-password"
        password.write_text(f"not a secret of {name}")
        identities.append(f"{name}@{password}")
    offline.environment["ANSIBLE_VAULT_IDENTITY_LIST"] = ",".join(identities)
    staging = repository / vaults[1]
    assert offline.run("ansible-vault", "encrypt", "--encrypt-vault-id=production", staging).returncode == 0
    assert f"without the vault id of its environment: {vaults[1]}" in check().stderr
    rekey = ["ansible-vault", "rekey", f"--new-vault-id={identities[1]}", staging]
    assert offline.run(*rekey).returncode == 0
    assert vaults[0] in check().stderr
    assert vaults[1] not in check().stderr

    (repository / vaults[0]).unlink()
    # An editor that takes over what was filled in
    filled_in = fill_in(repository / f"{vaults[0]}.example").rename(repository / "written")
    offline.environment["EDITOR"] = f"cp {filled_in}"
    command = ["ansible-vault", "create", "--skip-tty-check", "--encrypt-vault-id=production", repository / vaults[0]]
    done = offline.run(*command)
    assert done.returncode == 0, done.stderr
    assert check().returncode == check(*vaults).returncode == 0

    def opened(environment, identity):
        offline.environment.pop("ANSIBLE_VAULT_IDENTITY_LIST", None)
        offline.environment.update({"ANSIBLE_VAULT_IDENTITY_LIST": identity} if identity else {})
        done = offline.check_inventory(repository / "inventories" / environment)
        assert done.returncode == 0 or "is the vault's password in ANSIBLE_VAULT_IDENTITY_LIST?" in done.stdout
        said = [line for line in done.stdout.splitlines() if ": warning: " not in line]
        assert "Traceback" not in done.stderr and len(said) == 1
        return done.returncode == 0

    assert opened("production", ",".join(identities)) and opened("staging", identities[1])
    assert not opened("production", identities[1])
    assert not opened("production", "")
    assert not opened("production", f"production@{repository}/no-such-file")


def test_a_vault_without_an_id_is_noticed(repository, offline):
    """As it was when both inventories had one password."""
    password = repository / "one.vault-password"
    password.write_text("not a secret")
    vault = repository / "inventories/staging/group_vars/all/vault.yml"
    assert offline.run("ansible-vault", "encrypt", f"--vault-password-file={password}", vault).returncode == 0
    done = subprocess.run(["scripts/check-vaults", vault], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ansible-vault rekey --new-vault-id" in done.stderr


def test_one_without_an_ending_is_noticed(repository):
    """Ansible reads it, and who forces it past .gitignore commits it."""
    (repository / "inventories/staging/group_vars/all/vault").write_text("vault_token: cf-8d2f41c09a\n")
    subprocess.run(["git", "add", "--force", "inventories/staging/group_vars/all/vault"], cwd=repository, check=True)
    done = subprocess.run(["scripts/check-vaults"], cwd=repository, capture_output=True, text=True, check=False)
    assert re.search(r"inventories/staging/group_vars/all/vault(?!\.)", done.stderr)


@pytest.mark.parametrize("text", ["$ANSIBLE_VAULT;1.2;AES256;production\n", "vault_token: cf-8d2f41c09a\n"])
def test_one_of_several_environments_is_to_be_taken_apart(repository, text):
    """To encrypt it, or with another id, is not the way: it cannot have both."""
    vault = "inventories/shared/group_vars/all/vault.yml"
    (repository / vault).parent.mkdir(parents=True, exist_ok=True)
    (repository / vault).write_text(text)
    done = subprocess.run(["scripts/check-vaults", vault], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        f"{vault}. Expected its values in inventories/production/" in done.stderr and "delete the file" in done.stderr
    )
    assert "Run: " not in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "inventories/production/group_vars/all/vault.yml.bak",
        "inventories/production/group_vars/all/vault.plain.yml",
        "inventories/staging/group_vars/all/vault.yml~",
        "inventories/my-vault.txt",
        ".vault-password",
        "production.vault-password",
    ],
)
def test_nothing_else_of_a_vault_comes_in(repository, name):
    (repository / name).write_text("secret")
    assert name not in offered_to_git(repository)


def test_no_vault_of_this_repository_is_plain():
    assert subprocess.run([ROOT / "scripts/check-vaults"], cwd=ROOT, check=False).returncode == 0
    assert "scripts/check-vaults" in (ROOT / ".pre-commit-config.yaml").read_text()


def test_git_refuses_to_commit_a_plain_one(repository, tmp_path):
    shutil.copy(ROOT / ".pre-commit-config.yaml", repository)
    # The other hooks have their own say about other files.
    config = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())
    others = ",".join(hook["id"] for hook in config["repos"][0]["hooks"] if hook["id"] != "vaults")
    somebody = {f"GIT_{who}_{what}": "a@b.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **somebody, "PRE_COMMIT_HOME": str(tmp_path / "home"), "SKIP": others}

    def run(*command):
        return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)

    assert run("pre-commit", "install").returncode == 0
    assert run("git", "add", "inventories/staging").returncode == 0
    refused = run("git", "commit", "--message=a vault")
    assert refused.returncode != 0
    assert "secrets in plain text" in refused.stderr + refused.stdout
    assert run("git", "rm", "--quiet", "--cached", "inventories/staging/group_vars/all/vault.yml").returncode == 0
    done = run("git", "commit", "--message=no vault")
    assert done.returncode == 0, done.stderr + done.stdout
