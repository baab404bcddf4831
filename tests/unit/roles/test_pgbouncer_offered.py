# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the distribution's PgBouncer cannot have is known before it is installed, and anything is changed."""

from __future__ import annotations

import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

ENVIRONMENTS = {"production": {"database": "shop", "pool_size": 20}}


def asked(distribution, *, installed=False, source="distro", **given):
    environments = {"production": {**ENVIRONMENTS["production"], **given}}
    machines = {"localhost": {"distribution": distribution, "pgbouncer": installed}} if distribution else {}
    return (
        "_pgbouncer_offered_problems",
        {
            "postgres_machines": machines,
            "postgres_package_source": source,
            "postgres_max_connections": 200,
            "pgbouncer_environments": environments,
            "pgbouncer_environment": "production",
        },
    )


def test_prepared_statements_are_refused_where_pgbouncer_will_not_have_them(tmp_path):
    refused, *others = values_of_role(
        tmp_path,
        "pgbouncer",
        asked("debian 12"),
        asked("debian 12", prepared_statements=False),
        asked("debian 12", pool_mode="session"),
        asked("debian 12", source="pgdg"),
        asked("debian 12", installed=True),
        asked("debian 13"),
        asked("somewhere 1"),
        asked(None),
    )
    assert len(refused) == 1 and "found 1.18" in refused[0] and "prepared_statements: false" in refused[0]
    assert others == [[]] * 7


def test_it_is_asked_before_the_first_change():
    plays = [play["name"] for play in yaml.safe_load((ROOT / "playbooks/site.yml").read_text())]
    assert plays.index("What the distribution's PgBouncer can have") < plays.index("Machines")
