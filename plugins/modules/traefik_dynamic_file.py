#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: traefik_dynamic_file
short_description: Switches in a file of Traefik's file provider, and takes it back when Traefik refuses it
version_added: 0.1.0
description:
  - Writes one file of the directory that a Traefik in a container watches, waits until Traefik has loaded it, and asks Traefik's
    API whether every router, service and middleware of the file is enabled.
  - If one is not, or the file was not loaded in time, the file that was there before is put back, and the task fails with
    Traefik's reason. What was served before is served on.
  - To see that Traefik has loaded just this content, the file has an additional middleware that no router uses and whose name
    ends in a checksum of the content.
  - With O(server_timeout), whether the file was changed or not, waits until Traefik sends requests to every service of the file
    that has a health check. A container that was just replaced is healthy some seconds before Traefik finds it so, and visitors
    are refused until then.
options:
  path:
    description: The file. Its directory is the one that Traefik watches.
    type: path
    required: true
  content:
    description: The content, with C(http) as Traefik's dynamic configuration has it.
    type: dict
    required: true
  container:
    description: Name of Traefik's container.
    type: str
    required: true
  api_port:
    description: Port of Traefik's API on the container's loopback.
    type: int
    default: 8080
  timeout:
    description: How long Traefik may take to load the file, in seconds.
    type: int
    default: 20
  server_timeout:
    description:
      - How long to wait, in seconds, until each service that has a health check has a server that is up.
      - The task fails if one has none by then; the file stays as it is. With V(0) this is not asked.
    type: int
    default: 0
  certificate_names:
    description: Names for which Traefik has to serve a certificate. The task warns of those that have none.
    type: list
    elements: str
    default: []
  certificate_timeout:
    description:
      - How long to wait, in seconds, for the certificates of names that the file did not route before. Traefik asks for them when it
        loads the file.
    type: int
    default: 0
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Whether Traefik would take the file is not known before it is there.
  diff_mode:
    support: full
  platform:
    platforms: posix
notes:
  - Needs C(docker) and C(nsenter) on the machine, and root.
author:
  - The Plannerate infrastructure team (@plannerate)
"""

EXAMPLES = r"""
- name: Route a domain to a container
  plannerate.infra.traefik_dynamic_file:
    path: /opt/stacks/traefik/dynamic/production.yml
    container: stack-traefik
    content:
      http:
        routers:
          production-app:
            rule: Host(`example.com`)
            service: production-app
        services:
          production-app:
            loadBalancer:
              servers:
                - url: http://stack-app-production:80
  become: true
"""

RETURN = r"""
loaded_after:
  description: Seconds until Traefik had loaded the file, if it was changed.
  returned: changed, and not in check mode
  type: float
  sample: 0.4
uncertified:
  description: Names of O(certificate_names) for which Traefik has no certificate yet.
  returned: with O(certificate_names), and not in check mode
  type: list
  elements: str
  sample: []
"""

import json
import os
import time
from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._docker import served_certificates
from ansible_collections.plannerate.infra.plugins.module_utils._docker.traefik import (
    ASK,
    ApiAnswer,
    Content,
    load_problems,
    marked,
    marker,
    render,
    without_server,
)

# Of the role's entry point websecure, in the container.
_TLS_PORT = "443"


class Traefik:
    """The API and the log of a Traefik that runs in a container."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.container = module.params["container"]
        self.port = str(module.params["api_port"])

    def _run(self, *command: str) -> tuple[int, str, str]:
        return self.module.run_command(list(command))

    def ask(self) -> ApiAnswer | None:
        """Routers, services and middlewares as the API lists them; None while it does not answer."""
        code, output = self._inside(ASK, self.port)
        return None if code else json.loads(output)

    def uncertified(self, names: Sequence[str]) -> list[str]:
        """Those of the names for which it serves no certificate."""
        code, output = self._inside(served_certificates.ASK, _TLS_PORT, *names)
        return list(names) if code else json.loads(output)

    def _inside(self, script: str, *arguments: str) -> tuple[int, str]:
        """Exit code and output of Python in the container's network."""
        code, pid, _error = self._run("docker", "inspect", "--format", "{{.State.Pid}}", self.container)
        if code or pid.strip() == "0":
            self.module.fail_json(
                msg=f"the container {self.container} does not run, expected Traefik in it. Converge the machine's part first"
            )
        code, output, _error = self._run(
            "nsenter",
            f"--target={pid.strip()}",
            "--net",
            self.module.get_bin_path("python3", True),
            "-c",
            script,
            *arguments,
        )
        return code, output

    def errors(self, since: float) -> list[str]:
        """What Traefik logged as an error since then, newest last."""
        _code, output, error = self._run("docker", "logs", "--since", str(int(since)), self.container)
        messages = []
        for line in (output + error).splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("level") == "error":
                messages.append(": ".join(filter(None, [entry.get("message"), entry.get("error")])))
        return messages


def read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def put(module: AnsibleModule, path: str, text: str | None) -> None:
    """Replaces the file by renaming, as Traefik's watcher needs it; without a text the file goes."""
    if text is None:
        os.unlink(path)
        return
    # Hidden until it is complete: Traefik reads whatever ends in .yml.
    temporary = os.path.join(module.tmpdir, os.path.basename(path))
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o644)
    module.atomic_move(temporary, path)


def wait_until_loaded(traefik: Traefik, content: Content, timeout: float) -> list[str]:
    """What is wrong with the content that Traefik was given; an empty list once it serves all of it."""
    deadline = time.time() + timeout
    while time.time() < deadline:
        answer = traefik.ask()
        if answer is not None and marker(content) in {row["name"].split("@")[0] for row in answer["middlewares"]}:
            return load_problems(content, answer)
        time.sleep(0.2)
    return [f"Traefik did not load it within {timeout} s"]


def wait_until_served(module: AnsibleModule, traefik: Traefik, content: Content) -> None:
    """Fails if a service of the content still has no server in the end; a Traefik that does not answer has none."""
    timeout = module.params["server_timeout"]
    deadline = time.time() + timeout
    while True:
        answer = traefik.ask()
        unserved = ["Traefik's API does not answer"] if answer is None else without_server(content, answer)
        if not unserved:
            return
        if time.time() >= deadline:
            module.fail_json(
                msg=f"Traefik still refuses visitors after {timeout} s: {'; '.join(unserved)}. {module.params['path']} stays as it is. "
                "Do the containers behind it run, and do they answer the path of the health check?"
            )
        time.sleep(0.2)


def wait_for_certificates(module: AnsibleModule, traefik: Traefik, before: str | None) -> list[str]:
    """Warns of the names that have none: Traefik goes on asking for them, whatever else is changed."""
    names, timeout = module.params["certificate_names"], module.params["certificate_timeout"]
    awaited = served_certificates.new_names(names, before)
    began = time.time()
    missing = served_certificates.wait(traefik.uncertified, names, awaited, timeout)
    if missing:
        waited = f", {timeout} s after it was asked for" if set(missing) & set(awaited) else ""
        module.warn(
            f"{traefik.container} has no certificate for {', '.join(missing)}{waited}, expected one for each name: browsers refuse them. "
            "Does the name lead to this machine, or is the DNS provider's access right? It goes on trying: docker logs "
            f"{traefik.container}{''.join(f'; {line}' for line in traefik.errors(began)[-1:])}"
        )
    return missing


def switch(
    module: AnsibleModule, traefik: Traefik, path: str, content: Content, before: str | None, text: str
) -> float:
    """Puts the file in place and waits for Traefik; returns seconds, or fails with the file as it was."""
    began = time.time()
    problems = ["the wait for Traefik was broken off"]
    put(module, path, text)
    try:
        problems = wait_until_loaded(traefik, content, module.params["timeout"])
    finally:
        if problems:
            put(module, path, before)
    if problems:
        module.fail_json(
            msg=f"{path} was taken back, {'what was there before' if before else 'no such file'} is in place again: "
            + "; ".join(problems + traefik.errors(began)[-3:])
        )
    return round(time.time() - began, 1)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "content": {"type": "dict", "required": True},
            "container": {"type": "str", "required": True},
            "api_port": {"type": "int", "default": 8080},
            "timeout": {"type": "int", "default": 20},
            "server_timeout": {"type": "int", "default": 0},
            "certificate_names": {"type": "list", "elements": "str", "default": []},
            "certificate_timeout": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    path, content = module.params["path"], module.params["content"]
    before, text = read(path), render(marked(content))
    result: dict[str, Any] = {
        "changed": before != text,
        "diff": {"before": before or "", "after": text, "before_header": path, "after_header": path},
    }
    if not module.check_mode:
        traefik = Traefik(module)
        if result["changed"]:
            result["loaded_after"] = switch(module, traefik, path, content, before, text)
        if module.params["server_timeout"]:
            wait_until_served(module, traefik, content)
        if module.params["certificate_names"]:
            result["uncertified"] = wait_for_certificates(module, traefik, before)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
