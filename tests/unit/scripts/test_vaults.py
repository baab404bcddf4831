# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a vault is in no log and no comment, and each environment's is opened by its own password alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import traceback
from argparse import Namespace

import pytest
import yaml
from ansible import constants
from ansible.config.manager import ConfigManager
from support.helpers.checkout import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import converge
import vaults
from access import AccessRefused

PEM = "-----BEGIN KEY-----\nMIIBVgIBADANBgkq\nAb/+8w==hkiG9w0B\n-----END KEY-----\n"
VALUES = {
    "vault_token": "cf-8d2f41c09a",
    "vault_pin": 48151623,
    "vault_key": PEM,
    "vault_quoted": "pa'ss\"wo\\rd 100%",
    "vault_nested": {"users": [{"name": "deploy-user", "port": 587}], "on": True, "none": None},
    "vault_empty": "",
}


def encrypt(path, password, identity):
    command = ["ansible-vault", "encrypt", f"--vault-id={identity}@{password}", f"--encrypt-vault-id={identity}", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def inventories(tmp_path_factory):
    """Two inventories with a vault and a password each; staging's also reads a directory through a link."""
    directory = tmp_path_factory.mktemp("inventories")
    for name in ("production", "staging"):
        (directory / f"{name}.password").write_text(f"the password of {name}")
        (directory / name / "group_vars" / "all").mkdir(parents=True)
        (directory / name / "hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}")
        vault = directory / name / "group_vars" / "all" / "vault.yml"
        vault.write_text(yaml.safe_dump({**VALUES, "vault_own": f"only-{name}-knows"}))
        encrypt(vault, directory / f"{name}.password", name)
    shared = directory / "shared"
    shared.mkdir()
    text = subprocess.run(
        [
            "ansible-vault",
            "encrypt_string",
            f"--vault-id=staging@{directory}/staging.password",
            "--name=one",
            "inline-sesame",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (shared / "some.yml").write_text(f"{text}\nother: in-plain-text\nraw: !unsafe 'raw-text'\n")
    (directory / "staging" / "group_vars" / "linked").symlink_to(shared)
    # As a checkout has one that leads back to itself
    (shared / "up").symlink_to(directory / "staging")
    return directory


def environment(inventories, name):
    return {"ANSIBLE_VAULT_PASSWORD_FILE": str(inventories / f"{name}.password")}


@pytest.fixture
def values(inventories):
    return vaults.vault_values(str(inventories / "staging"), environment(inventories, "staging"))


def test_every_text_of_every_vault_is_found(values):
    assert values == {
        "vault_token": ["cf-8d2f41c09a"],
        "vault_pin": ["48151623"],
        "vault_key": [PEM],
        "vault_quoted": ["pa'ss\"wo\\rd 100%"],
        "vault_nested": ["deploy-user", "587"],
        "vault_own": ["only-staging-knows"],
        "one": ["inline-sesame"],
    }


def test_a_vault_of_another_environment_is_not_opened(inventories):
    with pytest.raises(
        AccessRefused, match=r"production/group_vars/all/vault\.yml.*\n?.*each\s+environment has its own"
    ):
        vaults.vault_values(str(inventories / "production"), environment(inventories, "staging"))
    own = vaults.vault_values(str(inventories / "production"), environment(inventories, "production"))
    assert own["vault_own"] == ["only-production-knows"]


def test_stagings_password_shows_nothing_of_productions_vault(inventories):
    """By Ansible's own program, with whatever name the password is given."""
    vault = inventories / "production/group_vars/all/vault.yml"
    for identity in ("staging", "production", "default"):
        command = ["ansible-vault", "view", f"--vault-id={identity}@{inventories}/staging.password", vault]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert "vault_" not in done.stdout
    command[2] = f"--vault-id=production@{inventories}/production.password"
    assert (
        "only-production-knows" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    )


@pytest.fixture
def one(tmp_path):
    """An inventory with one vault, of any name and content."""

    def make(content, name="group_vars/all/vault.yml"):
        (tmp_path / "password").write_text("a password")
        vault = tmp_path / "one" / name
        vault.parent.mkdir(parents=True)
        vault.write_text(content)
        encrypt(vault, tmp_path / "password", "one")
        return vaults.vault_values(str(tmp_path / "one"), {"ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password")})

    return make


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a: 1\nvault_token: 'cf-8d2f41c09a\n", ", line "),
        ("a: 1\nvault_token: @cf-8d2f41c09a\n", ", line 2"),
        ("a: 1\nvault_token: cf-8d2f41c09a: more\n", ", line 2"),
        ("vault_token: !!int cf-8d2f41c09a\n", ""),
        ("vault_token: cf-8d2f41c09a\x07\n", ""),
    ],
)
def test_one_that_is_not_yaml_is_named_and_its_text_is_not(one, content, line):
    with pytest.raises(AccessRefused, match=rf"not valid YAML in \S+/vault\.yml{line}") as refused:
        one(content)
    assert "8d2f" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("group_vars/all/vault", True),
        ("group_vars/all", True),
        ("host_vars/db01", True),
        ("host_vars/db01.example.com", True),
        ("group_vars/all/vault~", False),
        ("group_vars/all/.vault", False),
        ("group_vars/all/vault.bak", False),
    ],
)
def test_a_vault_is_found_by_what_ansible_reads(one, name, found):
    assert one("vault_token: cf-8d2f41c09a\n", name) == ({"vault_token": ["cf-8d2f41c09a"]} if found else {})


@pytest.mark.parametrize("setting", ["vault_password_file = {}", "vault_identity_list = staging@{}"])
def test_a_password_that_the_configuration_names_opens_it(inventories, monkeypatch, tmp_path, setting):
    for name in ("ANSIBLE_VAULT_IDENTITY_LIST", "ANSIBLE_VAULT_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "ansible.cfg"
    file.write_text(f"[defaults]\n{setting.format(inventories / 'staging.password')}\n")
    monkeypatch.setattr(constants, "config", ConfigManager(str(file)))
    assert vaults.vault_values(str(inventories / "staging"), {})["one"] == ["inline-sesame"]


@pytest.mark.parametrize("identity", ["staging@{}/absent", "staging@{}"])
def test_a_password_that_cannot_be_read_is_named(inventories, tmp_path, identity):
    named = identity.format(tmp_path)
    with pytest.raises(AccessRefused, match=rf"vault id staging in {named.rpartition('@')[2]}\."):
        vaults.vault_values(str(inventories / "staging"), {"ANSIBLE_VAULT_IDENTITY_LIST": named})


def test_the_directory_of_a_password_may_have_an_at_sign(inventories, tmp_path):
    directory = tmp_path / "ana@corp"
    directory.mkdir()
    file = shutil.copy(inventories / "staging.password", directory)
    for named in ({"ANSIBLE_VAULT_IDENTITY_LIST": f"staging@{file}"}, {"ANSIBLE_VAULT_PASSWORD_FILE": str(file)}):
        assert vaults.vault_values(str(inventories / "staging"), named)["one"] == ["inline-sesame"], named


def test_a_named_password_opens_it_too_and_one_that_is_typed_is_not_asked_for(inventories):
    named = {"ANSIBLE_VAULT_IDENTITY_LIST": f"production@prompt, staging@{inventories}/staging.password"}
    assert vaults.vault_values(str(inventories / "staging"), named)["one"] == ["inline-sesame"]
    assert vaults.vault_values(str(inventories / "staging"), {}) == {}
    assert vaults.vault_values(str(inventories / "staging" / "hosts.yml"), named)["one"] == ["inline-sesame"]


def test_each_line_is_hidden_as_json_and_yaml_write_it_too(values):
    hidden = vaults.hidden(values)
    for text in (
        "cf-8d2f41c09a",
        "MIIBVgIBADANBgkq",
        "48151623",
        "pa'ss\"wo\\rd 100%",
        "pa'ss\\\"wo\\\\rd 100%",
        "pa''ss\"wo\\rd 100%",
    ):
        assert text in hidden
    assert [len(text) for text in hidden] == sorted((len(text) for text in hidden), reverse=True), "the longest first"


def test_what_is_short_is_not_hidden_but_named(values):
    assert "587" not in vaults.hidden(values)
    assert vaults.too_short(values) == ["vault_nested"]


def test_a_short_line_of_a_long_text_is_named():
    assert vaults.too_short({"key": ["MIIBVgIBADANBgkq\n\nAg==\n"], "token": ["cf-8d2f41c09a\n\n"]}) == ["key"]


def test_github_is_told_one_line_each(values):
    told = vaults.mask_commands(vaults.hidden(values)).splitlines()
    assert all(line.startswith("::add-mask::") for line in told)
    assert "::add-mask::pa'ss\"wo\\rd 100%25" in told


@pytest.mark.parametrize("on_github", [True, False])
def test_a_run_prints_and_keeps_nothing_of_them(inventories, monkeypatch, tmp_path, capfd, on_github):
    """Masked before Ansible starts. Whoever runs it by hand is shown no list of secrets either."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    if on_github:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name, value in environment(inventories, "staging").items():
        monkeypatch.setenv(name, value)
    for name in ("VAULT_PASSWORD", "SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    said = 'Ansible says cf-8d2f41c09a, inline-sesame\nMIIBVgIBADANBgkq\n{"a": "pa\'ss\\"wo\\\\rd 100%"} and port 587\n'
    real = converge.run
    monkeypatch.setattr(converge, "run", lambda command, *rest: real(["printf", "%s", said], *rest))
    monkeypatch.chdir(ROOT)
    options = Namespace(inventory=str(inventories / "staging"), playbook="status", check=True)
    code, output = converge.converge(options, tmp_path / "log")
    printed = capfd.readouterr().out
    masks, shown = (printed[: printed.index("Ansible says")], printed[printed.index("Ansible says") :])
    assert ("::add-mask::cf-8d2f41c09a\n" in masks) is on_github
    assert (masks == "") is not on_github
    expected = 'Ansible says ***, ***\n***\n{"a": "***"} and port 587\n'
    assert (code, output, shown, (tmp_path / "log").read_text()) == (0, expected, expected, expected)
