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
        description:
          - Whether a rollback may go to a release that does not know all migrations of the database, and a deployment to one that does not
            know those of them that the release that serves knows.
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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import history
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.run import (
    REFUSAL,
    REQUEST,
    SITE,
    STATES,
    outcome,
)
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Files


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
    result = outcome(params, module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
