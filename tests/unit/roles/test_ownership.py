# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover and a rejoin, which are not refused because of texts, take the text "false" for what it means."""

from __future__ import annotations

import pytest
from support.helpers.plays import run_play, values_of_role


@pytest.mark.parametrize(
    ("role", "entry_point", "words"),
    [
        ("postgres", "promotion_plan", "The primary was not changed: the machines belong to another inventory"),
        ("postgres_replica", "rejoin_member", "localhost belongs to another inventory"),
    ],
)
def test_it_is_refused_where_somebody_else_owns_the_machines(tmp_path, role, entry_point, words):
    include = {"name": f"plannerate.infra.{role}", "tasks_from": entry_point, "rolespec_validate": False}
    play = {"hosts": "localhost", "tasks": [{"ansible.builtin.include_role": include}]}
    code, said = run_play(tmp_path, play, "-i", "localhost,", "-e", "machine_owned=false")
    assert code != 0 and words in " ".join(said.split()), said


def test_what_is_common_to_all_members_is_reported_only(tmp_path):
    asked = [("postgres_report_only", {"machine_owned": owned}) for owned in ("false", False, "true", True)]
    assert values_of_role(tmp_path, "postgres", *asked) == [True, True, False, False]
