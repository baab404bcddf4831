#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_deploy
short_description: Puts a release of the application into the place of another, without a failed request
version_added: 0.1.0
description:
  - Makes the containers of a release beside those that serve, sends visitors over when they are healthy, hands queue and scheduler over,
    and watches. If a gate fails, the release of before serves on, and the task fails with the gate's name.
  - What serves, what is kept and what is under way is remembered in C(/var/lib/plannerate/releases), from before each step. What an
    interrupted run left is brought to an end first.
  - The role docker_host runs it twice, since the file of the containers needs the image's digest.
options:
  state:
    description:
      - V(prepared) ends what an interrupted run left, looks whether there is room, and has the image; says what is made.
      - V(planned) asks O(colour), whose file has to be there, which migrations it would make.
      - V(refused) writes into the history what was refused elsewhere before O(colour) was begun, and fails with O(refusal).
      - V(deployed) puts O(colour) into place.
      - V(listed) reads the history.
    type: str
    choices: [prepared, planned, deployed, refused, listed]
    required: true
  environment:
    description: Whose release it is.
    type: str
    required: true
  request:
    description: What is wanted. Needed, except with O(state=listed).
    type: dict
    suboptions:
      kind:
        description: Whether it is a new release, or one of before, which migrates nothing.
        type: str
        choices: [deploy, rollback]
        required: true
      release:
        description: Tag or digest. For a rollback, empty for the one that is kept.
        type: str
        default: ""
      newer_schema:
        description: Whether a rollback may go to a release that does not know all migrations of the database.
        type: bool
        default: false
      migrate:
        description: Whether a deployment migrates the database.
        type: bool
        default: true
      migrate_seconds:
        description: How long the migration may take.
        type: int
        default: 600
      lock_seconds:
        description: How long a migration waits for a lock of the database.
        type: int
        default: 5
      health_seconds:
        description: How long containers may take to become healthy.
        type: int
        default: 180
      health_times:
        description: How often in a row they have to answer from Traefik's network.
        type: int
        default: 5
      pages:
        description: What is asked of the application before visitors are sent to it.
        type: list
        elements: str
        default: [/]
      watch_seconds:
        description: How long the new release is compared with the one before until that ends.
        type: int
        default: 60
      watch_requests:
        description: How many answers are needed to compare them.
        type: int
        default: 20
      drain_seconds:
        description: How long requests under way have at least, from the switch on, until their containers are told to end.
        type: int
        default: 30
      websocket_seconds:
        description: >-
          How long old websockets stay open from the switch on, where both Reverbs tell each other their events
          (C(REVERB_SCALING_ENABLED)). Elsewhere they are closed with the switch.
        type: int
        default: 0
      log_lines:
        description: >-
          How many last lines of a container are shown when a gate fails. The values of C(.env) are replaced in them. V(0) for none.
        type: int
        default: 20
      images:
        description: Of how many releases the images stay.
        type: int
        default: 5
  site:
    description: The environment on this machine. Needed, except with O(state=listed).
    type: dict
    suboptions:
      repository:
        description: The image without tag and digest.
        type: str
        required: true
      first:
        description: What runs before the first deployment, with C(project), C(file) and C(containers).
        type: dict
        required: true
      traefik:
        description: C(container), C(file), C(network), C(domain) and C(address).
        type: dict
        required: true
      directory:
        description: The environment's directory, with its C(.env).
        type: path
        required: true
      docker_config:
        description: The directory with the logins of registries.
        type: path
        default: /root/.docker
      uid:
        description: The number of PHP's user in the image.
        type: str
        default: "33"
      pooler_port:
        description: The port of the database's pooler.
        type: int
        default: 6432
      clients_allowed:
        description: How many clients of the pooler the environment may have. V(0) without a limit.
        type: int
        default: 0
  colour:
    description: >-
      The containers to be put into place, with C(name), C(release), C(image), C(project), C(file), C(containers) and C(known).
    type: dict
  refusal:
    description: Why, for O(state=refused).
    type: dict
    suboptions:
      gate:
        description: What was not as it has to be.
        type: str
        required: true
      reason:
        description: What was found, and what was expected.
        type: str
        required: true
  routes:
    description: Traefik's file for O(colour), as M(plannerate.infra.traefik_dynamic_file) takes it.
    type: dict
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: partial
    details: Says what would be made, and whether there is room; the image is not pulled.
  diff_mode:
    support: none
  platform:
    platforms: posix
notes:
  - Needs C(docker) with Compose, C(nsenter), and root.
seealso:
  - module: plannerate.infra.traefik_dynamic_file
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Read the history of production's releases
  plannerate.infra.docker_deploy:
    state: listed
    environment: production
  register: releases
"""

RETURN = r"""
migrations:
  description: Migrations of the release that the database does not have.
  type: list
  elements: str
  returned: O(state=planned)
target:
  description: What is put into place, with C(name), C(release), C(image), C(known) and C(apps).
  type: dict
  returned: O(state=prepared)
done:
  description: That the release is in place.
  type: bool
  returned: O(state=deployed)
phases:
  description: What was done, each with its C(seconds).
  type: list
  elements: dict
  returned: not with O(state=listed)
lines:
  description: The same, as lines for people.
  type: list
  elements: str
  returned: not with O(state=listed)
gate:
  description: What was not as it has to be.
  type: str
  returned: when it fails for that
rows:
  description: The last operations, the newest first.
  type: list
  elements: dict
  returned: O(state=listed)
table:
  description: The same for people.
  type: str
  returned: O(state=listed)
"""

import contextlib
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import history, target
from ansible_collections.plannerate.infra.plugins.module_utils._deploy import room as rooms
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.docker import DockerEngine, Site
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.ending import Options
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
    """One call of the module."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.environment = module.params["environment"]
        request, site = self.request, self.site = module.params["request"], module.params["site"]
        self.store = Files(self.environment)
        commands = Commands(site["docker_config"])
        place = Place(environment=self.environment, **site["traefik"])
        limits = [request[name] for name in ("pages", "migrate_seconds", "lock_seconds", "log_lines")]
        on_site = Site(self.environment, site["directory"], site["uid"], *limits)
        self.engine = DockerEngine(commands, Proxy(commands, place), on_site)
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
        if not self.module.check_mode:
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
        if not self.module.check_mode and not wanted["image"]:
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
            found = self.engine.would_migrate(self.module.params["colour"])
        return {"migrations": found, **self.done()}

    def deploy(self) -> dict[str, Any]:
        self.deployment.recover()
        state = self.store.load()
        colour: Colour = self.module.params["colour"]
        kept = state["kept"]
        new = kept if kept and kept["name"] == colour["name"] else colour
        if new is colour and colour["name"] != f"r{state['number'] + 1}":
            raise GateFailed(
                "release", f"another run was here since this one was prepared: {colour['name']} is taken. Run it again"
            )
        self.deployment.carry_out(self.request["kind"], new, render(marked(self.module.params["routes"])))
        return {"changed": True, "done": True, **self.done()}

    def refuse(self) -> dict[str, Any]:
        refusal = self.module.params["refusal"]
        raise GateFailed(refusal["gate"], refusal["reason"])

    def refused(self, problem: GateFailed) -> None:
        now = self.engine.now()
        colour = self.module.params["colour"] or {}
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


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": [*STATES, "listed"], "required": True},
            "environment": {"type": "str", "required": True},
            "request": {"type": "dict", "options": REQUEST},
            "site": {"type": "dict", "options": SITE},
            "colour": {"type": "dict"},
            "refusal": {"type": "dict", "options": REFUSAL},
            "routes": {"type": "dict"},
        },
        required_if=[
            ("state", "prepared", ["request", "site"]),
            ("state", "planned", ["request", "site", "colour"]),
            ("state", "refused", ["request", "site", "colour", "refusal"]),
            ("state", "deployed", ["request", "site", "colour", "routes"]),
        ],
        supports_check_mode=True,
    )
    params = module.params
    if params["state"] == "listed":
        store = Files(params["environment"])
        rows = history.rows(store.history())
        module.exit_json(rows=rows, table=history.table(rows, store.load()))
    try:
        run = Run(module)
        with contextlib.ExitStack() as alone:
            if not module.check_mode:
                alone.enter_context(run.store.alone())
            try:
                module.exit_json(**STATES[params["state"]](run))
            except Reverted as problem:
                lines = "".join(f"\n  {line}" for line in problem.lines)
                module.fail_json(
                    msg=f"gate {problem.gate}: {problem}. {run.deployment.current()['release']} serves as before{lines}",
                    gate=problem.gate, **run.done(),
                )  # fmt: skip
            except GateFailed as problem:
                left = run.store.load()["operation"]
                if not left and not module.check_mode:
                    run.refused(problem)
                now = (
                    f"An operation is left, {left['step']}: run this again, it ends that first"
                    if left
                    else "Nothing was changed"
                )
                module.fail_json(msg=f"gate {problem.gate}: {problem}. {now}", gate=problem.gate, **run.done())
    except Busy:
        module.fail_json(
            msg=f"a process of this machine still works on the releases of {params['environment']}, though its run has gone. Wait for it",
            gate="lock", phases=[], lines=[],
        )  # fmt: skip
    except GateFailed as problem:
        module.fail_json(msg=f"gate {problem.gate}: {problem}", gate=problem.gate, phases=[], lines=[])
    except OSError as problem:
        module.fail_json(
            msg=f"gate state: {DIRECTORY}/{params['environment']} cannot be read or written: {problem}. Mend that and run this again: it "
            "ends what may be left",
            gate="state", phases=[], lines=[],
        )  # fmt: skip


if __name__ == "__main__":
    main()
