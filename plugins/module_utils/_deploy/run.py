# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of an environment on this machine: each thing that can be asked for, and how it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import history, target
from ansible_collections.plannerate.infra.plugins.module_utils._deploy import room as rooms
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.docker import DockerEngine, Site
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.ending import Options, Tell
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.operation import Deployment, Reverted
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import DIRECTORY, Busy, Colour, Files, apps
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.traefik import Place, Proxy
from ansible_collections.plannerate.infra.plugins.module_utils._docker.traefik import marked, render
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock, said

REQUEST: dict[str, Any] = {
    "kind": {"type": "str", "choices": ["deploy", "rollback"], "required": True},
    "release": {"type": "str", "default": ""},
    "newer_schema": {"type": "bool", "default": False},
    "migrate": {"type": "bool", "default": True},
    "migrate_seconds": {"type": "int", "default": 600},
    "lock_seconds": {"type": "int", "default": 5},
    "health_seconds": {"type": "int", "default": 180},
    "health_times": {"type": "int", "default": 5},
    "pages": {"type": "list", "elements": "str", "default": ["/"]},
    "watch_seconds": {"type": "int", "default": 60},
    "watch_requests": {"type": "int", "default": 20},
    "drain_seconds": {"type": "int", "default": 30},
    "websocket_seconds": {"type": "int", "default": 0},
    "log_lines": {"type": "int", "default": 20},
    "images": {"type": "int", "default": 5},
}
SITE: dict[str, Any] = {
    "repository": {"type": "str", "required": True},
    "first": {"type": "dict", "required": True},
    "traefik": {"type": "dict", "required": True},
    "directory": {"type": "path", "required": True},
    "docker_config": {"type": "path", "default": "/root/.docker"},
    "uid": {"type": "str", "default": "33"},
    "pooler_port": {"type": "int", "default": 6432},
    "clients_allowed": {"type": "int", "default": 0},
}
REFUSAL: dict[str, Any] = {
    "gate": {"type": "str", "required": True},
    "reason": {"type": "str", "required": True},
}


class Run:
    """One call: of the module, or of whoever has a deployment key."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.environment = params["environment"]
        request, site = self.request, self.site = params["request"], params["site"]
        self.store = Files(self.environment)
        commands = Commands(site["docker_config"], os.path.join(site["directory"], ".env"))
        place = Place(environment=self.environment, **site["traefik"])
        limits = [request[name] for name in ("pages", "migrate_seconds", "lock_seconds", "log_lines")]
        on_site = Site(self.environment, site["directory"], site["uid"], *limits)
        self.engine = DockerEngine(commands, Proxy(commands, place, request["log_lines"] > 0), on_site)
        wanted = {name: request[name] for name in Options.__dataclass_fields__ if name in request}
        held = lock.read(f"stack-{self.environment}")
        who = said.who(held["holder"]) if held and held["state"] == "held" else ""
        self.deployment = Deployment(self.engine, self.store, Options(who=who, **wanted), self._first())

    def _first(self) -> Colour:
        """What converges made: with the image that it runs, whatever the inventory says by now."""
        first = self.site["first"]
        app = first["containers"]["app"]
        found = self.engine.commands.inspect([app]).get(app)
        image = found["Config"]["Image"] if found else ""
        release = image.rpartition(":")[2]
        return {
            "name": "", "release": release, "image": image, "project": first["project"], "file": first["file"],
            "containers": first["containers"], "known": None,
        }  # fmt: skip

    def prepare(self) -> dict[str, Any]:
        state = self.store.load()
        if not self.check_mode:
            self.deployment.recover()
            state = self.store.load()
        wanted, old = self._wanted(state), self.deployment.current()
        # A rollback is what helps where the release that serves ends again and again.
        if self.request["kind"] == "deploy":
            serving = self.engine.containers([old["containers"][service] for service in apps(old)])
            if not any(container.running for container in serving.values()):
                raise GateFailed(
                    "stack",
                    "the application does not run here, expected one to deploy beside. Run playbooks/docker_host.yml",
                )
        if not wanted["apps"]:
            self._look_for_room(old, wanted)
        if not self.check_mode and not wanted["image"]:
            with self.deployment.phases.phase("image") as row:
                wanted["image"] = self.engine.pull(self.site["repository"], wanted["release"])
                row["said"] = wanted["image"]
        elif wanted["image"] and not wanted["apps"]:
            self.engine.commands.check("image", ["docker", "image", "inspect", "--format", "x", wanted["image"]])
        return {"target": wanted, **self.done()}

    def _wanted(self, state: Any) -> target.Target:
        release = self.request["release"]
        if self.request["kind"] == "deploy":
            return target.new(state, release)
        return target.before(state, self.store.history(), release, self.request["newer_schema"])

    def _look_for_room(self, old: Colour, wanted: target.Target) -> None:
        with self.deployment.phases.phase("room") as row:
            repository, release = self.site["repository"], wanted["release"]
            image = wanted["image"] or f"{repository}{'@' if release.startswith('sha256:') else ':'}{release}"
            room = self.engine.room(old, image, self.site["pooler_port"], self.site["clients_allowed"])
            for gate, why in rooms.lacks(room).items():
                raise GateFailed(gate, why)
            row["said"] = rooms.told(room)

    def plan(self) -> dict[str, Any]:
        with self.deployment.phases.phase("migrations"):
            found = self.engine.would_migrate(self.params["colour"])
        return {"migrations": found, **self.done()}

    def deploy(self) -> dict[str, Any]:
        self.deployment.recover()
        state = self.store.load()
        colour: Colour = self.params["colour"]
        kept = state["kept"]
        new = kept if kept and kept["name"] == colour["name"] else colour
        if new is colour and colour["name"] != f"r{state['number'] + 1}":
            raise GateFailed(
                "release", f"another run was here since this one was prepared: {colour['name']} is taken. Run it again"
            )
        self.deployment.carry_out(self.request["kind"], new, render(marked(self.params["routes"])))
        return {"changed": True, "done": True, **self.done()}

    def refuse(self) -> dict[str, Any]:
        refusal = self.params["refusal"]
        raise GateFailed(refusal["gate"], refusal["reason"])

    def refused(self, problem: GateFailed) -> None:
        now = self.engine.now()
        colour = self.params.get("colour") or {}
        entry = {
            "began": now, "ended": now, "who": self.deployment.options.who, "kind": self.request["kind"],
            "release": colour.get("release") or self.request["release"], "image": colour.get("image", ""), "migrations": [],
            "result": f"refused: {problem.gate}: {problem}",
        }  # fmt: skip
        # Whoever runs it is told so anyway.
        with contextlib.suppress(OSError):
            self.store.record(entry)

    def done(self) -> dict[str, Any]:
        phases = self.deployment.phases.done
        return {"phases": phases, "lines": history.phases(phases)}


STATES: dict[str, Callable[[Run], dict[str, Any]]] = {
    "prepared": Run.prepare,
    "planned": Run.plan,
    "deployed": Run.deploy,
    "refused": Run.refuse,
}


def outcome(
    params: Mapping[str, Any], check_mode: bool = False, tell: Tell | None = None, unrecorded: Sequence[str] = ()
) -> dict[str, Any]:
    """What a call of ``params["state"]`` ends with, and ``failed``, ``msg`` and ``gate`` where it was not done.

    :arg params: the options of M(plannerate.infra.docker_deploy), with their defaults.
    :arg tell: is given each phase when it ends.
    :arg unrecorded: gates whose refusals are not in the history.
    """
    environment = params["environment"]
    try:
        run = Run(params, check_mode)
        run.deployment.phases.tell = tell
        with contextlib.ExitStack() as alone:
            if not check_mode:
                alone.enter_context(run.store.alone())
            try:
                return STATES[params["state"]](run)
            except Reverted as problem:
                lines = "".join(f"\n  {line}" for line in problem.lines)
                serves = run.deployment.current()["release"]
                return _failed(problem.gate, f"{problem}. {serves} serves as before{lines}", run)
            except GateFailed as problem:
                left = run.store.load()["operation"]
                if not left and not check_mode and problem.gate not in unrecorded:
                    run.refused(problem)
                now = (
                    f"An operation is left, {left['step']}: run this again, it ends that first"
                    if left
                    else "Nothing was changed"
                )
                return _failed(problem.gate, f"{problem}. {now}", run)
    except Busy:
        why = f"a process of this machine still works on the releases of {environment}, though its run has gone. Wait for it"
        return {**_failed("lock", why), "msg": why}
    except GateFailed as problem:
        return _failed(problem.gate, str(problem))
    except OSError as problem:
        return _failed(
            "state",
            f"{DIRECTORY}/{environment} cannot be read or written: {problem}. Mend that and run this again: it ends what may be left",
        )


def _failed(gate: str, why: str, run: Run | None = None) -> dict[str, Any]:
    return {
        "failed": True, "gate": gate, "msg": f"gate {gate}: {why}", **(run.done() if run else {"phases": [], "lines": []}),
    }  # fmt: skip
