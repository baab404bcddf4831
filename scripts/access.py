"""How Ansible connects: with secrets from the environment, kept in a temporary directory, or with the user's own SSH settings."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SSH = ("SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS")
VAULT = "VAULT_PASSWORD"
REMEDY = {
    "SSH_PRIVATE_KEY": "an SSH private key without a passphrase, which the machines accept",
    "SSH_KNOWN_HOSTS": "a line 'address type key' for each machine, as read on its console, not from the network",
    "VAULT_PASSWORD": "the password of this inventory's Ansible Vault, which opens no other environment's",
}
# Nothing of the user's ~/.ssh, no agent, only known host keys.
OPTIONS = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no"),
    *("UserKnownHostsFile={directory}/known_hosts", "IdentityFile={directory}/key", "IdentitiesOnly=yes"),
    "IdentityAgent=none",
)
SHARED = "-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
# With these Ansible writes what is read again here; a user's own callbacks would print beside it, or in its place.
CALLBACKS = ("ANSIBLE_STDOUT_CALLBACK", "ANSIBLE_CALLBACKS_ENABLED", "ANSIBLE_CALLBACK_PLUGINS")
AS_JSON = {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}


class AccessRefused(Exception):
    """The inventory, the secrets or the machines' host keys are not as needed."""


def refuse_no_inventory(inventory: str) -> None:
    """Ansible executes every executable file of an inventory directory, and an empty path would be the checkout itself."""
    path = Path(inventory)
    is_one = path.is_file() or (path.is_dir() and any(path.glob("hosts*")))
    if not inventory.strip() or not is_one:
        raise AccessRefused(
            f"Found no inventory {inventory!r}. Expected INVENTORY=path of a file, or of a directory with a hosts file."
        )


def missing(environ: Mapping[str, str]) -> list[str]:
    """The secrets that are set but empty, as an unset one is on GitHub, and the missing one of the SSH pair."""
    wanted = [name for name in (*SSH, VAULT) if name in environ]
    if any(name in environ for name in SSH):
        wanted = [*SSH, *(name for name in wanted if name == VAULT)]
    return [name for name in wanted if not environ.get(name, "").strip()]


def own_secrets(environ: Mapping[str, str]) -> list[str]:
    """The Vault password and each line of the SSH key."""
    key = [line.strip() for line in environ.get("SSH_PRIVATE_KEY", "").splitlines() if "-----" not in line]
    return [secret for secret in {environ.get(VAULT, "").strip(), *key} if len(secret) >= 4]


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


@contextmanager
def access(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Ansible's environment, with the secrets as files that are removed at the end of the block."""
    if absent := missing(environ):
        raise AccessRefused(
            "\n".join(f"Found no {name}. Expected {REMEDY[name]}. Set it, or unset them all." for name in absent)
        )
    env = {name: value for name, value in environ.items() if name not in (*SSH, VAULT)}
    with tempfile.TemporaryDirectory(prefix="converge-") as name:
        directory = Path(name)

        def keep(file: str, secret: str) -> Path:
            path = directory / file
            path.touch(mode=0o600)
            path.write_text(environ[secret].replace("\r", "").strip() + "\n")
            return path

        if VAULT in environ:
            env["ANSIBLE_VAULT_PASSWORD_FILE"] = str(keep("vault", VAULT))
        if SSH[0] in environ:
            refuse_unless(["ssh-keygen", "-y", "-P", "", "-f", str(keep("key", SSH[0]))], SSH[0])
            refuse_unless(["ssh-keygen", "-l", "-f", str(keep("known_hosts", SSH[1]))], SSH[1])
            # Connections of its own too: an open one would be reused without checking the host key.
            env["ANSIBLE_SSH_CONTROL_PATH_DIR"] = str(directory / "cp")
            env["ANSIBLE_SSH_ARGS"] = ssh_arguments(directory)
        try:
            yield env
        finally:
            for socket in directory.glob("cp/*"):
                run(["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "converge"])


def ssh_arguments(directory: Path) -> str:
    """ssh takes an option's first value, so these precede the inventory's. A ProxyJump of the inventory gets the file and nothing else."""
    options = [option.format(directory=directory) for option in OPTIONS]
    config = directory / "config"
    config.touch(mode=0o600)
    config.write_text("".join(f"{option.replace('=', ' ', 1)}\n" for option in options))
    return " ".join([f"-F {config}", SHARED, *(f"-o {option}" for option in options)])


def without_callbacks(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without the callbacks that a user has for what people read."""
    return {name: value for name, value in env.items() if name not in CALLBACKS}


def plays(output: str) -> list[dict]:
    """The plays that Ansible wrote AS_JSON, whatever stands before and behind them; none if it wrote none."""
    start = re.search(r"^\{$", output, re.MULTILINE)
    try:
        return json.JSONDecoder().raw_decode(output, start.start())[0].get("plays", []) if start else []
    except json.JSONDecodeError:
        return []


def refuse_unless(command: list[str], name: str) -> None:
    if run(command).returncode:
        raise AccessRefused(f"Found a {name} that OpenSSH cannot read. Expected {REMEDY[name]}.")


def run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)


@contextmanager
def ansible(command: list[str], env: Mapping[str, str], stderr: int) -> Iterator[subprocess.Popen[str]]:
    """A command of Ansible with its output as a pipe. At the end of the block it and its workers have ended."""
    # When Ansible is terminated, its workers may run on for a while: each keeps an end of this pipe open.
    workers, held = os.pipe()
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        errors="replace",
        pass_fds=[held],
    )
    os.close(held)
    try:
        yield process
    except BaseException:
        # SIGTERM and not SIGKILL: Ansible passes it on to its workers.
        process.terminate()
        raise
    finally:
        process.wait()
        select.select([workers], [], [], 10)
        os.close(workers)


def ask(inventory: str, env: Mapping[str, str], hosts: str, module: str, arguments: str) -> dict[str, dict]:
    """The result of a module on each host of a pattern."""
    refuse_no_inventory(inventory)
    command = ["ansible", hosts, "--inventory", inventory, "--module-name", module, "--args", arguments]
    with ansible(command, {**without_callbacks(env), **AS_JSON}, stderr=subprocess.PIPE) as process:
        answer, errors = process.communicate(timeout=300)
    found = plays(answer)
    if not found:
        raise AccessRefused((errors + answer).strip())
    return found[0]["tasks"][0]["hosts"] if found[0]["tasks"] else {}


def wrong_host_keys(answers: Mapping[str, dict]) -> list[str]:
    """One line for each host whose key is not in SSH_KNOWN_HOSTS, from what the connections answered."""
    lines = []
    for host, answer in sorted(answers.items()):
        said = str(answer.get("msg", ""))
        if "Host key verification failed" in said:
            unknown = "host key is known for" in said
            lines.append(
                f"{host}: {'SSH_KNOWN_HOSTS has no key for it' if unknown else 'its key is not the one of SSH_KNOWN_HOSTS'}."
            )
    return lines
