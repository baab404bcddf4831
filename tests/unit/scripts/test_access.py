# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets stand in private files for as long as they are needed, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import access  # noqa: E402
import converge  # noqa: E402

KNOWN_HOSTS = "198.51.100.7 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBY7PXOuzCOym2Uipin/1N0gGYkY0+W4N9pm8VuxpUmL"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """What GitHub hands over: without the last line's end, and with what a browser may have made of line ends."""
    path = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    key = path.read_text().strip().replace("\n", "\r\n")
    return {"SSH_PRIVATE_KEY": key, "SSH_KNOWN_HOSTS": KNOWN_HOSTS, "VAULT_PASSWORD": "open sesame"}


def test_they_are_files_of_their_owner_alone_and_gone_afterwards(secrets):
    with access.access({**secrets, "HOME": "/root"}) as env:
        vault = Path(env["ANSIBLE_VAULT_PASSWORD_FILE"])
        assert vault.read_text() == "open sesame\n"
        assert vault.parent.stat().st_mode & 0o777 == 0o700
        assert {path.name: path.stat().st_mode & 0o777 for path in vault.parent.iterdir()} == {
            "config": 0o600,
            "key": 0o600,
            "known_hosts": 0o600,
            "vault": 0o600,
        }
        assert env["HOME"] == "/root"
        assert not set(secrets) & set(env), "Ansible's own environment, which every lookup reads, has none"
    assert not vault.parent.exists()


def test_they_are_gone_after_a_failure_too(secrets):
    with pytest.raises(ZeroDivisionError), access.access(secrets) as env:
        directory = Path(env["ANSIBLE_VAULT_PASSWORD_FILE"]).parent
        raise ZeroDivisionError
    assert not directory.exists()


def test_only_the_pinned_keys_and_the_given_key_count(secrets):
    with access.access(secrets) as env:
        shown = subprocess.run(
            ["ssh", *env["ANSIBLE_SSH_ARGS"].split(), "-o", "StrictHostKeyChecking=no", "-G", "host"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        settings = dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)
        directory = Path(env["ANSIBLE_VAULT_PASSWORD_FILE"]).parent
        assert Path(env["ANSIBLE_SSH_CONTROL_PATH_DIR"]).parent == directory, "an open connection would not be checked"
    assert settings["stricthostkeychecking"] in ("true", "yes"), "whatever the inventory says"
    assert settings["userknownhostsfile"] == f"{directory}/known_hosts"
    assert settings["globalknownhostsfile"] == "/dev/null"
    assert settings["identityfile"] == f"{directory}/key"
    assert settings["identityagent"] == "none"


def test_a_machine_in_between_is_reached_in_the_same_way(secrets):
    """ssh starts another one for the ProxyJump of an inventory, and gives it the file of options alone."""
    with access.access(secrets) as env:
        words = env["ANSIBLE_SSH_ARGS"].split()
        done = subprocess.run(
            ["ssh", "-v", *words, "-J", "127.0.0.1:1", "host"], capture_output=True, text=True, check=False
        )
        directory = Path(env["ANSIBLE_VAULT_PASSWORD_FILE"]).parent
        file = ["-F", f"{directory}/config"]
        assert words[:2] == file and f" {' '.join(file)} " in done.stderr, done.stderr
        shown = subprocess.run(["ssh", *file, "-G", "jump"], capture_output=True, text=True, check=True).stdout
    for line in (f"identityfile {directory}/key", f"userknownhostsfile {directory}/known_hosts", "identityagent none"):
        assert line in shown.splitlines()
    assert "stricthostkeychecking true" in shown or "stricthostkeychecking yes" in shown


def test_without_them_everything_is_as_by_hand():
    with access.access({"HOME": "/root"}) as env:
        assert env == {"HOME": "/root"}


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        ({}, []),
        ({"VAULT_PASSWORD": "x"}, []),
        ({"SSH_PRIVATE_KEY": "x", "SSH_KNOWN_HOSTS": "x"}, []),
        ({"SSH_PRIVATE_KEY": "x"}, ["SSH_KNOWN_HOSTS"]),
        ({"SSH_PRIVATE_KEY": "", "SSH_KNOWN_HOSTS": " \n", "VAULT_PASSWORD": ""}, [*access.SSH, access.VAULT]),
    ],
)
def test_a_secret_that_nobody_has_set_is_named(given, absent):
    assert access.missing(given) == absent
    if absent:
        with (
            pytest.raises(access.AccessRefused, match=rf"(?s)Found no {absent[0]}\. Expected .*"),
            access.access(given),
        ):
            pass


@pytest.mark.parametrize("name", access.SSH)
def test_a_secret_that_is_something_else_is_named(secrets, name):
    given = {**secrets, name: "something else"}
    with pytest.raises(access.AccessRefused, match=f"Found a {name} that OpenSSH cannot read"), access.access(given):
        pass


def test_what_is_printed_and_kept_has_none_of_them(secrets, tmp_path, capfd):
    key = secrets["SSH_PRIVATE_KEY"].splitlines()
    command = ["printf", "%s\n", "open sesame", *key, "the rest"]
    code, output = converge.run(command, {}, tmp_path / "log", secrets=access.own_secrets(secrets))
    assert code == 0
    for text in (output, (tmp_path / "log").read_text(), capfd.readouterr().out):
        assert "the rest" in text
        assert "sesame" not in text
        assert not [line for line in key if "-----" not in line and line in text]


def test_the_exit_code_is_ansibles(tmp_path):
    assert converge.run(["sh", "-c", "exit 4"], {}, tmp_path / "log") == (4, "")


@pytest.mark.parametrize("path", ["", " ", ".", "scripts", "nowhere"])
def test_what_is_no_inventory_is_never_handed_to_ansible(path, monkeypatch, tmp_path):
    """It would run whatever is executable there: of the checkout, every one of its scripts."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(converge, "KEPT", tmp_path)
    with pytest.raises(access.AccessRefused, match="Found no inventory"):
        access.ask(path, {}, "all", "ansible.builtin.debug", "")
    monkeypatch.setattr(sys, "argv", ["converge", "-i", path])
    monkeypatch.setattr(converge, "run", lambda *_: pytest.fail("it was handed over"))
    assert converge.main() == 2


@pytest.mark.parametrize("inventory", ["inventories/production", "inventories/staging"])
def test_the_real_inventories_are(inventory):
    access.refuse_no_inventory(str(ROOT / inventory))


def test_another_host_key_and_a_missing_one_are_told_apart():
    said = "Failed to connect to the host via ssh: {}\r\nHost key verification failed."
    answers = {
        "app01": {"msg": said.format("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"), "unreachable": True},
        "db01": {
            "msg": said.format("No ED25519 host key is known for 198.51.100.7 and you have requested strict checking.")
        },
        "gone": {"msg": "Failed to connect to the host via ssh: Connection timed out", "unreachable": True},
        "good": {"rc": 0},
    }
    assert access.wrong_host_keys(answers) == [
        "app01: its key is not the one of SSH_KNOWN_HOSTS.",
        "db01: SSH_KNOWN_HOSTS has no key for it.",
    ]


def test_a_release_is_an_option_of_the_playbooks_that_take_one():
    digest = f"sha256:{'a' * 64}"
    for playbook in ("deploy", "rollback"):
        assert converge.release(playbook, {"RELEASE": digest}) == [f'--extra-vars={{"deploy_release": "{digest}"}}']
        assert converge.release(playbook, {}) == []
    assert converge.release("site", {"RELEASE": "v1"}) == []


@pytest.mark.parametrize("wrong", ["-e@/etc/passwd", "a b", "v1\n", "sha256:12", "image:v1", "{{ x }}", "ä"])
def test_what_is_neither_tag_nor_digest_is_refused(wrong):
    with pytest.raises(access.AccessRefused, match="Expected a tag of the image, or its digest"):
        converge.release("deploy", {"RELEASE": wrong})
