# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Administrative sessions are made in few places, where what a database's owner has set for it does not count.

What that means on a real server: tests/servers/test_hostile_owner.py.
"""

from __future__ import annotations

import re

import pytest
import yaml
from support.helpers.checkout import ROOT

ROLES = ROOT / "roles"
TASKS = sorted([*ROLES.glob("*/tasks/*.yml"), *(ROOT / "playbooks").glob("*.yml")])
OPTIONS = "{{ postgres_admin_login.connect_params }}"
# A role that may log in and see nothing, in the database postgres.
AGENT = "roles/pgbouncer/files/replica_agent.py"
# The owner himself, as an application does it: what is set for him is his own.
OWNER = "plugins/module_utils/_validation/scratch.py"
MADE_IN = {
    "plugins/module_utils/_postgres/session.py",
    "plugins/module_utils/_s3_backup/machine/session.py",
    AGENT,
    OWNER,
}
# Databases that are the administrator's own, or no database: PgBouncer's console, a connection for replication.
SAFE_DATABASE = re.compile(r"--dbname=(pgbouncer|postgres|\{\{ postgres_upstream_conninfo \}\} replication=true)")


def tasks_of(entries, defaults=None):
    """Each task with the module defaults that are in force for it."""
    for entry in entries or []:
        own = {**(defaults or {}), **entry.get("module_defaults", {})}
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks_of(entry.get(key), own)
        yield entry, own


@pytest.mark.parametrize("path", TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_task_that_asks_postgresql_logs_in_as_the_administrator_does(path):
    for task, defaults in tasks_of(yaml.safe_load(path.read_text())):
        for module, options in task.items():
            if not module.startswith("community.postgresql."):
                continue
            given = {**defaults.get("group/community.postgresql.all", {}), **options}
            assert given.get("connect_params") == OPTIONS, f"{path.name}: {task['name']}"


def test_python_connects_in_these_places_only():
    files = [*(ROOT / "plugins").rglob("*.py"), *ROLES.glob("*/files/**/*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if "psycopg2.connect(" in path.read_text()}
    assert found == MADE_IN


def test_psql_is_led_into_no_database_of_others():
    """Without --dbname it is the administrator's own, postgres."""
    texts = [*ROLES.glob("*/tasks/*.yml"), *ROLES.glob("*/templates/**/*.j2"), *ROLES.glob("*/files/**/*")]
    for path in texts:
        if path.is_file() and "psql" in path.read_text(errors="replace"):
            for database in re.findall(r"--dbname=[^\"',\]\n]*", path.read_text()):
                assert SAFE_DATABASE.match(database), f"{path.relative_to(ROOT)}: {database}"
