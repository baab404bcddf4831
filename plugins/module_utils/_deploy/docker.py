# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine on the machine: Docker, Compose and Traefik by their commands."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import migrations, room, secrets
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import (
    Container,
    GateFailed,
    Migrated,
    Request,
)
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import REVERB, Colour, apps, names
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.traefik import Proxy

# Where the engine that pulls as containerd keeps images.
CONTAINERD = "/var/lib/containerd"
# As Laravel reads it.
SHARING = ("reverb_scaling_enabled=true", "reverb_scaling_enabled=(true)", "reverb_scaling_enabled=1")
# Longer than any container takes to end.
STOP_SECONDS = 900
# Lines of a log that are read for one that is shown, since most may be frames of a stack; and such a frame of PHP's.
LINES_READ = 10
FRAME = re.compile(r"\s*#\d+ ")
# A container that begins, and one query.
LIST_SECONDS = 120


@dataclass(frozen=True)
class Site:
    """``directory``: of the environment, with ``.env``. ``uid``: the user of PHP. ``pages``: what is asked to warm up."""

    environment: str
    directory: str
    uid: str
    pages: Sequence[str]
    migrate_seconds: int
    lock_seconds: int
    log_lines: int


class DockerEngine:
    """Keeps the contract of :class:`Engine`."""

    def __init__(self, commands: Commands, proxy: Proxy, site: Site) -> None:
        self.commands, self.proxy, self.site = commands, proxy, site

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def containers(self, names: Sequence[str]) -> dict[str, Container]:
        return {name: _container(found["State"], found) for name, found in self.commands.inspect(names).items()}

    def up(self, colour: Colour, services: Sequence[str]) -> None:
        names = {service: colour["containers"][service] for service in services if service in colour["containers"]}
        found = self.containers(list(names.values()))
        resting = [name for name in names.values() if name in found and not found[name].running]
        if resting:
            self.commands.check("start", ["docker", "start", *resting])
        missing = [service for service, name in names.items() if name not in found]
        if missing:
            up = ["up", "--detach", "--no-deps", "--no-recreate", "--pull", "never"]
            self.commands.check("start", [*self._compose(colour), *up, *(_key(colour, each) for each in missing)])

    def stop(self, names: Sequence[str]) -> None:
        running = [name for name, container in self.containers(names).items() if container.running]
        if running:
            self.commands.check("stop", ["docker", "stop", *running], STOP_SECONDS)

    def remove(self, colour: Colour) -> None:
        names = [*colour["containers"].values(), self._migration(colour)]
        self.stop(names)
        found = list(self.containers(names))
        if found:
            self.commands.check("remove", ["docker", "rm", "--force", *found])
        # That of the first release is the stack's own.
        if colour["name"]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(colour["file"])

    def migrate(self, colour: Colour) -> Migrated:
        return self._migrator(colour, "the migration", migrations.PROGRAM, self.site.migrate_seconds)

    def would_migrate(self, colour: Colour) -> list[str]:
        """The migrations of its image that the database does not have. :raises GateFailed: where that cannot be told."""
        return self._migrator(colour, "the list of migrations", migrations.PLAN, LIST_SECONDS).new

    def _migrator(self, colour: Colour, what: str, program: str, seconds: int) -> Migrated:
        name = self._migration(colour)
        self.commands.run(["docker", "rm", "--force", name])
        run = ["run", "--rm", "--no-deps", "-T", "--name", name, *self._user(), _key(colour, apps(colour)[0])]
        php = ["php", "-r", program, str(self.site.lock_seconds)]
        done = self.commands.run([*self._compose(colour), *run, *php], seconds)
        if done.code:
            self.commands.run(["docker", "rm", "--force", name])
            late = f" within {seconds} s" if done.late else ""
            lines = "\n".join(self._said(done.output)) if self.site.log_lines else "its output is not shown"
            raise GateFailed("migrate", f"{what} of {colour['release']} did not succeed{late}:\n{lines}")
        return migrations.parse(done.output)

    def known_migrations(self, colour: Colour) -> list[str] | None:
        container = colour["containers"][apps(colour)[0]]
        done = self.commands.run(["docker", "exec", *self._user(), container, "php", "-r", migrations.KNOWN], 30)
        try:
            return None if done.code else migrations.parse(done.output).known
        except GateFailed:
            return None

    def pause(self, name: str) -> None:
        self._signal(name, signal.SIGUSR2)

    def resume(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def interrupt(self, name: str) -> None:
        # A key of the cache until the end of the minute; a scheduler that begins the next one removes it.
        command = ["docker", "exec", *self._user(), name, "php", "artisan", "schedule:interrupt"]
        self.commands.run(command, 20)

    def shares_events(self, colour: Colour) -> bool:
        # As the containers have it: the file may say more by now.
        found = [
            each["Config"]["Env"] for name, each in self._inspected(colour).items() if name in names(colour, REVERB)
        ]
        return any(each.lower() in SHARING for each in itertools.chain(*found))

    def answers(self, colour: Colour, times: int) -> str:
        key = secrets.of_file(self._variables()).get("REVERB_APP_KEY", "")
        return self.proxy.answers(self._inspected(colour), colour, times, key)

    def warm(self, colour: Colour) -> str:
        return self.proxy.warm(self._inspected(colour), colour, self.site.pages)

    def routes(self) -> str:
        return self.proxy.routes()

    def route(self, text: str) -> None:
        self.proxy.route(text)

    def confirm(self, colour: Colour) -> str:
        return self.proxy.confirm([colour["containers"][service] for service in apps(colour)])

    def requests(self, since: float) -> list[Request]:
        return self.proxy.requests(since)

    def log(self, names: Sequence[str]) -> list[str]:
        lines = []
        for name in names:
            done = self.commands.run(["docker", "logs", "--tail", str(self.site.log_lines * LINES_READ), name], 30)
            lines += [f"{name}: {line}" for line in self._said(done.output)]
        return lines

    def _said(self, output: str) -> list[str]:
        """The last lines of an output, without its secrets. Above the frames of a stack stands what went wrong."""
        said = secrets.mask(output, secrets.of_file(self._variables())).splitlines()
        kept = [line for line in said if line.strip() and not FRAME.match(line)]
        return kept[-self.site.log_lines :] if self.site.log_lines else []

    def prune(self, images: Sequence[str]) -> None:
        for image in images:
            # By its number, so that its tag goes too. One that a container has stays as it is.
            found = self.commands.run(["docker", "image", "inspect", "--format", "{{.Id}}", image])
            if not found.code:
                self.commands.run(["docker", "image", "rm", found.output.strip()], 120)

    def pull(self, repository: str, release: str) -> str:
        """The image by its digest. :raises GateFailed: when it cannot be had."""
        by_digest = release.startswith("sha256:")
        reference = f"{repository}@{release}" if by_digest else f"{repository}:{release}"
        done = self.commands.run(["docker", "pull", "--quiet", reference], STOP_SECONDS)
        if done.code:
            raise GateFailed("image", f"the image {reference} cannot be pulled: {done.output.strip()}")
        return reference if by_digest else self.digest(repository, reference)

    def digest(self, repository: str, reference: str) -> str:
        """How the image is called by its digest. :raises GateFailed: when it is not here."""
        done = self.commands.run(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", reference])
        found = (
            [each for each in json.loads(done.output) or [] if each.split("@")[0] == repository]
            if not done.code
            else []
        )
        if not found:
            raise GateFailed("image", f"the image {reference} has no digest here, expected one of {repository}")
        return str(found[0])

    def room(self, old: Colour, image: str, port: str, clients_allowed: int) -> room.Room:
        """:arg image: the new one, where it may be here already."""
        info = self.commands.check("engine", ["docker", "info", "--format", "{{.DockerRootDir}}"]).strip()
        disks = {each: _free(each) for each in (info, CONTAINERD) if os.path.isdir(each)}
        here = self.commands.run(["docker", "image", "inspect", "--format", "x", image]).code == 0
        size = self.commands.run(["docker", "image", "inspect", "--format", "{{.Size}}", old["image"]])
        names = [name for name, each in self.containers(list(old["containers"].values())).items() if each.running]
        used = (
            self.commands.run(["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", *names])
            if names
            else None
        )
        pids = [found["State"]["Pid"] for found in self.commands.inspect(names).values()]
        return {
            "disks": disks,
            "image": 0 if here or size.code else int(size.output),
            "memory": room.available(),
            "used": sum(map(room.size, used.output.splitlines())) if used and not used.code else 0,
            "clients": sum(room.connections(pid, int(port)) for pid in pids),
            "clients_allowed": clients_allowed,
        }

    def _signal(self, name: str, which: signal.Signals) -> None:
        """By the process, since an engine that is told to signal takes the container for one that somebody stopped."""
        found = self.commands.inspect([name]).get(name)
        if found and found["State"]["Running"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(found["State"]["Pid"], which)

    def _inspected(self, colour: Colour) -> dict[str, Any]:
        return self.commands.inspect(list(colour["containers"].values()))

    def _compose(self, colour: Colour) -> list[str]:
        project = ["--project-name", colour["project"], "--project-directory", self.site.directory]
        return ["docker", "compose", *project, "--file", colour["file"]]

    def _user(self) -> list[str]:
        """PHP's, with a home where libpq looks in vain for certificates."""
        return ["--user", f"{self.site.uid}:{self.site.uid}", "--env", "HOME=/tmp"]

    def _variables(self) -> str:
        return os.path.join(self.site.directory, ".env")

    def _migration(self, colour: Colour) -> str:
        return f"{colour['project']}-migrate"


def _key(colour: Colour, service: str) -> str:
    """The service in the Compose file of its colour."""
    return f"{service}-{colour['name']}" if colour["name"] else service


def _container(state: dict[str, Any], found: dict[str, Any]) -> Container:
    running = bool(state["Running"]) and not state.get("Restarting")
    health = (state.get("Health") or {}).get("Status", "")
    return Container(running, health, found.get("RestartCount", 0), ", ".join(filter(None, [state["Status"], health])))


def _free(directory: str) -> int:
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize
