# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that dumps, as the role s3_backup makes it."""

from __future__ import annotations

import hashlib
from typing import Any

import jinja2
from support.helpers.checkout import ROOT

ROLE = ROOT / "roles" / "s3_backup"


def rendered(template: str, **variables: object) -> str:
    environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.globals["lookup"] = lambda _plugin, name: (ROLE / "files" / name).read_text()
    environment.filters["hash"] = lambda text, kind: hashlib.new(kind, text.encode()).hexdigest()
    return environment.from_string((ROLE / "templates" / template).read_text()).render(variables)


def make_dump_role(site: Any, database: str = "shop") -> None:
    site.say("CREATE ROLE clients", "CREATE ROLE dump LOGIN", "GRANT clients TO shop", database="postgres")
    let_it_dump(site, database)


def let_it_dump(site: Any, database: str) -> None:
    variables = {"_s3_backup_role": "dump", "postgres_client_role": "clients", "item": {"item": database}}
    site.say(rendered("dump_role.sql.j2", **variables), database=database)
    assert site.say(rendered("dump_role_state.sql.j2", **variables), database=database) == [(True,)]
