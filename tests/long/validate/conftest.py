# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every part that disturbs begins and ends with pg-main as the primary, with its words, and with nothing of it left."""

from __future__ import annotations

import json

import pytest
from support.helpers.lab import playbook, wait_for
from support.helpers.roles_of_members import at_home

WORDS = {"validate_disruptive": True, "validate_confirm": "production"}
SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname = 'plannerate_validation'"
# The brackets keep the question from being one of its answers.
PROGRAMS = "pgrep -fl 'pgbench --no-vacuu[m]|curl --silent --show-erro[r]|validation_(loa[d]|ledge[r])' || true"


@pytest.fixture(scope="package")
def curl(pooler):
    """Visitors come from the pooler's machine, which has no curl by itself."""
    there = pooler.machine.run("command -v curl").rc == 0
    if not there:
        pooler.machine.check_output("apt-get -q update && apt-get -qy install --no-install-recommends curl")
    yield
    if not there:
        pooler.machine.check_output("apt-get -qy purge --autoremove curl")


@pytest.fixture(autouse=True)
def home(admin_sql):
    at_home(admin_sql)
    yield
    at_home(admin_sql)


@pytest.fixture
def left(pooler, admin_sql):
    """A function that tells what of a validation is there still."""

    def left():
        found = {
            "schema": admin_sql(SCHEMAS, database=pooler.database) != "0",
            "directory": pooler.machine.file("/run/plannerate-validation").exists,
            "programs": pooler.machine.check_output(PROGRAMS) != "",
            "pause": any(row["paused"] != "0" for row in pooler.console("DATABASES")),
        }
        return {name for name, is_there in found.items() if is_there}

    return left


@pytest.fixture
def words():
    return WORDS


@pytest.fixture
def validate(tmp_path, left):
    """A function that runs parts with their words, and gives the exit code, what was said, and the rows by subject and check."""

    def validate(parts, **variables):
        done = playbook(
            "validate", variables={"validate": parts, "validate_directory": str(tmp_path), **WORDS, **variables}
        )
        wait_for(lambda: not left(), timeout=30, what="nothing left")
        report = json.loads((tmp_path / "report.json").read_text())
        return done.returncode, done.stdout, {(row["subject"], row["check"]): row for row in report["rows"]}

    return validate
