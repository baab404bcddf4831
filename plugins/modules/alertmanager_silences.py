#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alertmanager_silences
short_description: Silences alerts for as long as their cause is at work
version_added: 0.1.0
description:
  - Sees to it that the silences of one author are exactly those that are named. Those that are there already are renewed, others of the
    same author end. What somebody else has silenced stays so.
  - A silence lasts for a short time and is renewed by naming it again, so that one whose author was killed ends by itself.
  - An Alertmanager that does not answer is no failure, since alerts that nobody expects do no harm. RV(silenced) says so.
options:
  silences:
    description:
      - The matchers of each silence. A silence is for the alerts that all of its matchers match. An empty list ends those of the author.
    type: list
    elements: list
    required: true
  author:
    description: Whose silences these are.
    type: str
    required: true
  comment:
    description: Why, for those who read the list of silences.
    type: str
    default: maintenance
  seconds:
    description: How long they last, from now on.
    type: int
    default: 900
  url:
    description: Where Alertmanager answers, from the machine.
    type: str
    default: http://127.0.0.1:9093
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Expect alerts of a machine
  plannerate.infra.alertmanager_silences:
    author: patch
    comment: db01 reboots
    silences:
      - - {name: machine, value: db01}

- name: Expect none any more
  plannerate.infra.alertmanager_silences:
    author: patch
    silences: []
"""

RETURN = r"""
silenced:
  description: Whether the silences are as they were asked for.
  type: bool
  returned: success
ended:
  description: Ids of the silences that ended.
  type: list
  elements: str
  returned: success
  sample: [1fd4f9a5-4d5a-4e9b-8ad7-1e9d9d4e3a3e]
"""

import json
import urllib.error
import urllib.request
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.silences import Matcher, Plan, plan

# A service of the machine itself, which answers at once.
SECONDS = 10


class Alertmanager:
    """The API of an Alertmanager."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # The machine's proxy is for the world outside.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def silences(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "silences")
        return found

    def carry_out(self, todo: Plan) -> None:
        for body in todo["post"]:
            self.call("POST", "silences", body)
        for silence in todo["delete"]:
            self.call("DELETE", f"silence/{silence}")


def matchers(module: AnsibleModule) -> list[list[Matcher]]:
    wanted: list[list[Matcher]] = []
    for silence in module.params["silences"]:
        if not silence or not all(isinstance(each, dict) and {"name", "value"} <= {*each} for each in silence):
            module.fail_json(
                msg=f"silences: found {silence!r}, expected a list of matchers, each with name and value (and regex). One without "
                "matchers would silence everything"
            )
        wanted.append(
            [
                {"name": str(each["name"]), "value": str(each["value"]), "regex": bool(each.get("regex"))}
                for each in silence
            ]
        )
    return wanted


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "silences": {"type": "list", "elements": "list", "required": True},
            "author": {"type": "str", "required": True},
            "comment": {"type": "str", "default": "maintenance"},
            "seconds": {"type": "int", "default": 900},
            "url": {"type": "str", "default": "http://127.0.0.1:9093"},
        },
        supports_check_mode=True,
    )
    params = module.params
    wanted = matchers(module)
    if params["seconds"] < 60:
        module.fail_json(msg=f"seconds is {params['seconds']}, expected at least 60")
    alertmanager = Alertmanager(params["url"])
    now = datetime.now(timezone.utc)
    try:
        todo = plan(wanted, alertmanager.silences(), params["author"], params["comment"], now, params["seconds"])
        if not module.check_mode:
            alertmanager.carry_out(todo)
    except (OSError, ValueError) as problem:
        said = problem.read().decode(errors="replace") if isinstance(problem, urllib.error.HTTPError) else ""
        module.warn(f"Alerts are not silenced: {params['url']} answered {problem} {said}".strip())
        module.exit_json(changed=False, silenced=False, ended=[])
    # One that is renewed, which has an id, is as it was.
    changed = bool(todo["delete"]) or any("id" not in body for body in todo["post"])
    module.exit_json(changed=changed, silenced=True, ended=todo["delete"])


if __name__ == "__main__":
    main()
