# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment has a name, a domain of its own, and nothing that nobody knows."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.environments import problems

WANTED = {"environments": {"production": {"domain": "example.com", "suffix": "prod"}}, "environment": "production"}


def test_nothing_is_wrong_with_a_good_one():
    assert problems(*WANTED.values()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"environment": "qa"}, ["'qa'", "production"]),
        ({"environments": {"production": {"domain": "nonsense"}}}, ["domain"]),
        ({"environments": {"production": {"domain": "example.com", "color": "blue"}}}, ["color is not known"]),
        (
            {"environments": {"production": {"domain": "example.com"}, "staging": {"domain": "example.com"}}},
            ["staging", "already production's"],
        ),
        (
            {"environments": {"production": {"domain": "example.com"}, "traefik": {"domain": "example.org"}}},
            ["traefik"],
        ),
        (
            {"environments": {"production": {"domain": "example.com", "wildcard": "false"}}},
            ["production: wildcard is 'false', expected true or false"],
        ),
    ],
)
def test_each_problem_is_named(change, words):
    found = " ".join(problems(*{**WANTED, **change}.values()))
    for word in words:
        assert word in found
