# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the roles, and the groups whose hosts the playbooks apply each of them to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"
# Any member may be primary or replica.
GROUPS = {
    "machine": "machines",
    "postgres": "postgres",
    "postgres_primary": "postgres",
    "postgres_replica": "postgres",
    "pgbouncer": "pgbouncers",
    "docker_host": "docker_hosts",
    "s3_backup": "s3_backups",
    "monitoring": "machines",
    "logs": "machines",
    "status_page": "machines",
    "patch": "machines",
}


@cache
def options(role: str) -> dict[str, Any]:
    """Each option of a role as its argument specification has it, by its name."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    specification: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found: dict[str, Any] = specification["argument_specs"]["main"]["options"]
    return found
