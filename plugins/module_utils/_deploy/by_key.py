# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of a deployment key: sshd runs it as a user of its own, whom sudo lets run this and nothing else.

What it may do is in its settings, which a converge wrote. From whoever has the key it gets one text: ``SSH_ORIGINAL_COMMAND``.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import signal
import socket
import sys
import syslog
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import history, order, template
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.plain_text import plain
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.run import REQUEST, SITE, outcome
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Files
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock, process, said

# Exit codes. FAILED: a gate, or another run has the lock; the old release serves.
DONE, FAILED, USAGE = 0, 1, 2
# As long as that of playbooks/deploy.yml.
LOCK_SECONDS = 7200
# Nothing of the caller's environment is the programs' that are run.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
}
# What the command of a lock's holder begins with where it is such a run.
BY_KEY = "by key "
# Whoever has the key could fill the history with what there is not. The journal has these.
UNRECORDED = ("release", "image")
BACKUP = (
    "it has {migrations}, and docker_host_backup_before_migration asks for a backup first, which a deployment key does not make. Run "
    "playbooks/deploy.yml -e deploy_release={release}"
)


class Failed(Exception):
    """The release is not in place; why is told."""


def holder(environment: Mapping[str, str], wanted: str) -> lock.Holder:
    """Whoever has the key, by the user and the address that it came from."""
    address = environment.get("SSH_CONNECTION", "").partition(" ")[0]
    try:
        host = str(ipaddress.ip_address(address))
    except ValueError:
        host = "unknown"
    number = os.getpid()
    return {
        "user": environment.get("SUDO_USER", "unknown"), "host": host, "controller": process.controller(), "process": number,
        "began": process.began(number) or 0.0,
        # All runs of this command have the same checksum, so it would not tell what one of them forked.
        "command": f"{BY_KEY}{number}", "reason": f"{wanted} by a deployment key",
    }  # fmt: skip


@contextlib.contextmanager
def locked(name: str, ours: lock.Holder) -> Iterator[None]:
    """:raises Failed: where another run has it, with whose it is."""
    ended = lock.read(name)
    dead = ended["holder"] if ended and _has_ended(ended["holder"], ours) else None
    try:
        lock.take(name, ours, LOCK_SECONDS, time.time(), dead)
    except lock.Held as problem:
        raise Failed(said.held(problem.lock, socket.gethostname(), time.time())) from problem
    try:
        yield
    finally:
        with contextlib.suppress(lock.Lost):
            lock.give_up(name, ours)


def _has_ended(other: lock.Holder, ours: lock.Holder) -> bool:
    """Runs by key are of this machine: those of before it began anew ended with it."""
    boots = [each["controller"].partition(" ")[0] for each in (other, ours)]
    if other["command"].startswith(BY_KEY) and all(boots) and boots[0] != boots[1]:
        return True
    return process.has_ended(other, ours["process"])


class ByKey:
    """What a deployment key of one environment can do.

    :arg path: of the settings: ``environment``, ``site``, ``options`` by the kind, ``backup`` and ``template``, as the role docker_host
        writes them, which has the lock meanwhile.
    """

    def __init__(self, path: str, environment: str, ours: lock.Holder) -> None:
        self.path, self.environment, self.ours = path, environment, ours
        self.name = f"stack-{self.environment}"

    def releases(self) -> None:
        store = Files(self.environment)
        tell(history.table(history.rows(store.history()), store.load()))
        found = lock.read(self.name)
        if found and found["state"] == "held" and time.time() < found["expires"]:
            tell(said.taken(found))

    def put_into_place(self, kind: str, release: str) -> None:
        """:raises Failed: when the release is not in place."""
        with locked(self.name, self.ours):
            settings = load(self.path)
            request = typed({**settings["options"][kind], "kind": kind, "release": release}, REQUEST)
            asked = {"environment": self.environment, "request": request, "site": typed(settings["site"], SITE)}
            target = self._ask(asked, "prepared")["target"]
            new = template.filled(settings["template"], target)
            asked.update(colour=new.colour, routes=new.routes)
            if not target["apps"]:
                self._write(asked, new)
                if kind == "deploy" and request["migrate"] and settings["backup"]:
                    self._refuse_without_backup(asked, target["release"])
            try:
                lock.take(self.name, self.ours, LOCK_SECONDS, time.time())
            except lock.Lost as problem:
                raise Failed(said.lost(problem.lock, socket.gethostname())) from problem
            self._ask(asked, "deployed")
        tell(f"{target['release']} serves in {self.environment}")

    def _write(self, asked: Mapping[str, Any], new: template.Filled) -> None:
        path = new.colour["file"]
        try:
            with open(f"{path}~", "w", encoding="utf-8") as file:
                file.write(new.compose)
            os.chmod(f"{path}~", 0o644)
            os.rename(f"{path}~", path)
        except OSError as problem:
            self._ask(asked, "refused", refusal={"gate": "files", "reason": str(problem)})

    def _refuse_without_backup(self, asked: Mapping[str, Any], release: str) -> None:
        found = self._ask(asked, "planned")["migrations"]
        if found:
            reason = BACKUP.format(migrations=", ".join(found), release=release)
            self._ask(asked, "refused", refusal={"gate": "backup", "reason": reason})

    def _ask(self, asked: Mapping[str, Any], state: str, **more: Any) -> dict[str, Any]:
        result = outcome(
            {**asked, **more, "state": state}, tell=lambda row: tell(*history.phases([row])), unrecorded=UNRECORDED
        )
        if result.get("failed"):
            raise Failed(f"The {asked['request']['kind']} in {self.environment} failed at {result['msg']}")
        return result


def load(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        settings: dict[str, Any] = json.load(file)
        return settings


def typed(given: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """With the defaults, and numbers as numbers, as Ansible gives a module its options: an inventory may have them as texts."""
    values = {name: given.get(name, option.get("default")) for name, option in options.items()}
    return {name: int(value) if options[name]["type"] == "int" else value for name, value in values.items()}


def tell(*lines: str) -> None:
    """Whoever does not listen any more stops nothing: what was begun comes to its end."""
    try:
        sys.stdout.writelines(f"{each}\n" for line in lines for each in plain(line))
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(environment: str, ours: lock.Holder, what: str) -> None:
    """For the journal: journalctl -t plannerate-deploy."""
    syslog.openlog("plannerate-deploy", 0, syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, " ".join(plain(f"{environment}: {said.who(ours)}: {what}")))


def main(path: str) -> int:
    """:arg path: of the settings."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    given = dict(os.environ)
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    try:
        environment = load(path)["environment"]
    except OSError as problem:
        tell(f"The settings cannot be read: {problem}. Nothing was changed. Run playbooks/docker_host.yml")
        return FAILED
    ours = holder(given, "")
    try:
        wanted = order.read(given.get("SSH_ORIGINAL_COMMAND", ""))
    except order.OrderRefused as problem:
        note(environment, ours, f"refused: {problem}")
        tell(str(problem))
        return USAGE
    by_key = ByKey(path, environment, holder(given, str(wanted)))
    note(environment, ours, f"begins: {wanted}")
    try:
        if wanted.what == "releases":
            by_key.releases()
        else:
            by_key.put_into_place(*wanted)
    except (Failed, OSError) as problem:
        why = str(problem) if isinstance(problem, Failed) else f"The machine refused: {problem}"
        note(environment, ours, f"failed: {wanted}: {why.partition(chr(10))[0]}")
        tell(why)
        return FAILED
    note(environment, ours, f"done: {wanted}")
    return DONE


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
