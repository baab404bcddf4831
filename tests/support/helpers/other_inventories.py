# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of the lab as they are after somebody edited them: an environment or a member more, or one less."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml
from support.helpers.lab import INVENTORIES

# What the lab's inventories have in common, as variables that outrank it.
POOLS = {
    "production": {"database": "plannerate_production", "pool_size": 25, "prepared_statements": False},
    "staging": {"database": "plannerate_staging", "pool_size": 20, "prepared_statements": False},
}
# The lab's pools take all that a member has, so with another environment each is smaller.
LESS = {"pool_size_session": 2}
STACKS: dict[str, dict[str, Any]] = {
    "production": {"domain": "app.test", "suffix": "prod"},
    "staging": {"domain": "dev.test"},
}


def environments(*names: str) -> dict[str, Any]:
    """The lists of environments with these alone; one that the lab does not have is a small one below staging's domain."""
    pools = {name: {"database": f"plannerate_{name}", "pool_size": 2, "prepared_statements": False} for name in names}
    stacks = {name: {"domain": f"{name}.dev.test"} for name in names}
    return {
        "pgbouncer_environments": {name: {**POOLS.get(name, pools[name]), **LESS} for name in names},
        "docker_host_environments": {name: STACKS.get(name, stacks[name]) for name in names},
    }


def copy_of_staging(directory: Path, name: str) -> Path:
    """The inventory of another environment on the same machines."""
    path = directory / name
    shutil.copytree(INVENTORIES / "staging", path)
    variables = path / "group_vars" / "all" / "environment.yml"
    variables.write_text(variables.read_text().replace("staging", name) + "monitoring_probes: []\n")
    return path


def with_members(directory: Path, add: dict[str, int] | None = None, without: str = "") -> Path:
    """Production's inventory with other standbys of db01.

    :arg add: ports of new ones by their names.
    """
    path = directory / "production"
    shutil.copytree(INVENTORIES / "production", path, dirs_exist_ok=True)
    hosts = yaml.safe_load((INVENTORIES / "production" / "hosts.yml").read_text())
    standbys = hosts["postgres"]["children"]["postgres_replica"]["hosts"]
    standbys.update({name: {"postgres_machine": "db01", "postgres_port": port} for name, port in (add or {}).items()})
    standbys.pop(without, None)
    (path / "hosts.yml").write_text(yaml.safe_dump(hosts))
    return path
