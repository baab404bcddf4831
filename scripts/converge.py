"""Run a playbook on an inventory, or with --check print what it would change; output and summary are kept in .cache/converge.

With SSH_PRIVATE_KEY and SSH_KNOWN_HOSTS in the environment, Ansible connects with these alone; with VAULT_PASSWORD it reads
the inventory's Vault. Without them it runs as ansible-playbook does by hand. Nothing that stands in a vault is printed.
The playbooks deploy and rollback are given the release that RELEASE in the environment names.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from access import (
    SSH,
    AccessRefused,
    access,
    ansible,
    ask,
    own_secrets,
    refuse_no_inventory,
    without_callbacks,
    without_secrets,
    wrong_host_keys,
)
from summary import markdown
from vaults import hidden, mask_commands, too_short, vault_values

KEPT = Path(".cache/converge")
RELEASES = ("deploy", "rollback")
# [doc] "Tag" in Docker's reference of image names, and a digest.
TAG_OR_DIGEST = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}"
HOST_KEYS = """Found host keys that are not in SSH_KNOWN_HOSTS; nothing was changed.
{}
Expected the keys of SSH_KNOWN_HOSTS. If a machine was reinstalled, read its key on its own console, compare it with what
ssh-keyscan shows, and update SSH_KNOWN_HOSTS. If it was not, somebody may be intercepting the connection."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/converge.py", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("-i", "--inventory", required=True)
    parser.add_argument("--check", action="store_true", help="change nothing, print what would change")
    parser.add_argument("playbook", nargs="?", default="site", help="one of playbooks/; default: site")
    options = parser.parse_args()
    # So that a terminated run removes the secrets too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    name = Path(options.inventory).name
    KEPT.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        code, output = converge(options, KEPT / f"{name}.log")
    except AccessRefused as refusal:
        code, output = 2, without_secrets(f"{refusal}\n", own_secrets(os.environ))
        print(output, end="", file=sys.stderr)
    text = markdown(name, output, code, options.check)
    (KEPT / f"{name}.md").write_text(text)
    tell_github(text)
    return code


def converge(options: argparse.Namespace, log: Path) -> tuple[int, str]:
    refuse_no_inventory(options.inventory)
    refuse_no_playbook(options.playbook)
    command = ["ansible-playbook", "--inventory", options.inventory, f"playbooks/{options.playbook}.yml", "--diff"]
    command += release(options.playbook, os.environ)
    with access(os.environ) as env:
        secrets = [*own_secrets(os.environ), *hide(vault_values(options.inventory, env))]
        if SSH[0] in os.environ:
            refuse_other_machines(options.inventory, env)
        begun: list[int] = []
        code = 1
        try:
            code, output = run(command + ["--check"] * options.check, env, log, begun, secrets)
        finally:
            # Also where this is terminated.
            if code and begun and not options.check:
                give_locks_back(options.inventory, begun[0], env)
        return code, output


def hide(values: Mapping[str, list[str]]) -> list[str]:
    """The texts of the vaults that are not to be printed; on GitHub nothing else of the job prints them either."""
    texts = hidden(values)
    if os.environ.get("GITHUB_ACTIONS"):
        print(mask_commands(texts), end="", flush=True)
    for name in too_short(values):
        print(
            f"{name} has a text, or a line of one, in the vault that is too short to be hidden. Expected 6 characters of a secret.",
            file=sys.stderr,
        )
    return texts


def refuse_no_playbook(playbook: str) -> None:
    known = sorted(path.stem for path in Path("playbooks").glob("*.yml"))
    if playbook not in known:
        raise AccessRefused(f"Found no playbook {playbook!r}. Expected one of {', '.join(known)}.")


def release(playbook: str, environment: Mapping[str, str]) -> list[str]:
    """The option that names the release, for the playbooks that take one."""
    found = environment.get("RELEASE", "")
    if not found or playbook not in RELEASES:
        return []
    if not re.fullmatch(TAG_OR_DIGEST, found):
        raise AccessRefused(f"RELEASE is {found!r}. Expected a tag of the image, or its digest: sha256: and 64 digits.")
    return [f"--extra-vars={json.dumps({'deploy_release': found})}"]


def refuse_other_machines(inventory: str, env: dict[str, str]) -> None:
    """A host with another key stops the run before anything is changed. Unreachable hosts are left to the playbook."""
    if lines := wrong_host_keys(ask(inventory, env, "all", "ansible.builtin.raw", "true")):
        raise AccessRefused(HOST_KEYS.format("\n".join(lines)))


def give_locks_back(inventory: str, process: int, env: dict[str, str]) -> None:
    """A run that fails keeps its locks, and the next one, on another runner, cannot see that it has ended."""
    name = f"{env.get('GITHUB_ACTOR') or getpass.getuser()}@{socket.gethostname()}:{process}"
    command = ["ansible-playbook", "--inventory", inventory, "playbooks/unlock.yml", f"--extra-vars=unlock={name}"]
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        print(f"The locks of this run may still be there. They expire, or: {' '.join(command[-2:])}", file=sys.stderr)


def run(
    command: list[str], env: dict[str, str], log: Path, begun: list[int] | None = None, secrets: Sequence[str] = ()
) -> tuple[int, str]:
    """The exit code and the output, which goes to the terminal and to the log without what is hidden.

    :arg begun: is given the number of the process.
    """
    said = []
    with log.open("w") as kept, ansible(command, without_callbacks(env), stderr=subprocess.STDOUT) as process:
        if begun is not None:
            begun.append(process.pid)
        for line in process.stdout or ():
            line = without_secrets(line, secrets)
            print(line, end="", flush=True)
            kept.write(line)
            said.append(line)
    return process.returncode, "".join(said)


def tell_github(text: str) -> None:
    """On GitHub the summary is also an output of the step, and shown on the page of the run."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        # A random delimiter: no file's content may end this output and begin another.
        end = secrets.token_hex(16)
        with open(path, "a") as output:
            output.write(f"summary<<{end}\n{text}{end}\n")
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(path, "a") as page:
            page.write(text)


if __name__ == "__main__":
    sys.exit(main())
