# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value of another type is named with the line to write, and what holds secrets is not shown."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.values import problems
from ansible_collections.plannerate.infra.plugins.plugin_utils._specifications import GROUPS, options

ALL = {name: option for role in GROUPS for name, option in options(role).items()}
TYPED = {
    "bool": st.booleans(),
    "int": st.integers(0, 10**6),
    "list": st.lists(st.sampled_from(["db01", "10.0.0.1", "a-b"]), min_size=1),
}
# Of each kind, an option as a role has it.
NAMES = {"bool": "machine_owned", "int": "postgres_version", "list": "postgres_clients"}


@given(st.sampled_from(sorted(NAMES)).flatmap(lambda kind: st.tuples(st.just(kind), TYPED[kind])))
def test_a_text_is_refused_with_the_line_that_means_the_same(case):
    kind, value = case
    name = NAMES[kind]
    assert problems({name: value}, ALL) == []
    text = ",".join(value) if kind == "list" else str(value)
    (found,) = problems({name: text}, ALL)
    line = found.split("Write: ")[1].split("; with -e")[0]
    assert yaml.safe_load(line) == {name: value}
    assert problems(yaml.safe_load(line), ALL) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [("postgres_clients", "[]"), ("docker_host_env", "{}"), ("postgres_primary_databases", "[]")],
)
def test_nothing_is_no_list_and_no_dictionary(name, line):
    (found,) = problems(yaml.safe_load(f"{name}:"), ALL)
    assert found.startswith(f"{name} is null, expected a ") and found.endswith(f"Write, for instance: {name}: {line}")


def test_nothing_within_a_dictionary_or_in_the_place_of_a_text_is_left_to_the_role():
    assert (
        problems({"docker_host_env": {"KEY": None}, "machine_authority": None, "postgres_sync_count": None}, ALL) == []
    )
    assert problems({"postgres_primary_databases": [{"name": "shop", "owner": None}]}, ALL) == []


@given(
    st.sampled_from(sorted(ALL)),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9), st.lists(st.integers())),
)
def test_anything_may_stand_there(name, value):
    assert all(isinstance(text, str) for text in problems({name: value}, ALL))


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_roles_own_default_is_taken(name):
    default = ALL[name].get("default")
    assert "{{" in str(default) or problems({name: default}, ALL) == []


@pytest.mark.parametrize("name", ["docker_host_secrets", "docker_host_registries", "postgres_primary_databases"])
def test_what_may_hold_secrets_is_not_shown(name):
    (found,) = problems({name: '{"APP_KEY": "do-not-show"}'}, ALL)
    assert found.startswith(f"{name} is a text, expected a ") and "do-not-show" not in found


@pytest.mark.parametrize(
    "text", ["AGE-SECRET-KEY-1DONOTSHOW", "age1x,AGE-SECRET-KEY-1DONOTSHOW", '["AGE-SECRET-KEY-1DONOTSHOW"]']
)
def test_a_private_key_is_not_shown(text):
    (found,) = problems({"s3_backup_recipients": text}, ALL)
    assert found.startswith("s3_backup_recipients is a private key, expected a list") and "DONOTSHOW" not in found


def test_values_within_lists_and_dictionaries_are_looked_at():
    given = {
        "docker_host_public_ports": [80, "443"],
        "docker_host_address_pools": [{"base": "10.0.0.0/8", "size": "24"}],
    }
    assert [text.split(",")[0] for text in problems(given, ALL)] == [
        'docker_host_address_pools[0].size is the text "24"',
        'docker_host_public_ports[1] is the text "443"',
    ]
