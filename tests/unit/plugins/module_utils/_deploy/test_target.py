# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release a run is about, and what it refuses."""

from __future__ import annotations

import pytest
from support.helpers.releases import colour

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import empty
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.target import before, new

STATE = {**empty(), "number": 3, "kept": colour(2, "1.1.0", known=["one"]), "schema": ["one"]}
HISTORY = [
    {"release": "1.0.0", "image": "shop@sha256:aa", "known": ["one"], "result": "done"},
    {"release": "1.0.0", "image": "shop@sha256:bb", "known": ["one"], "result": "done"},
    {"release": "0.9.0", "image": "shop@sha256:cc", "known": [], "result": "went back: health: no"},
]


@pytest.mark.parametrize("release", ["1.4.2", "sha256:" + "a" * 64])
def test_a_new_one_gets_the_next_number(release):
    assert new(STATE, release) == {"name": "r4", "release": release, "image": "", "known": None, "apps": []}


@pytest.mark.parametrize("release", ["", "shop:1.4.2", "sha256:abc", "-x", "1 2"])
def test_what_is_no_release_is_refused_with_what_to_write(release):
    with pytest.raises(GateFailed, match=r"expected a tag of the image, or its digest .* Write: -e deploy_release="):
        new(STATE, release)


@pytest.mark.parametrize("release", ["", "1.1.0"])
def test_back_to_what_is_kept(release):
    found = before(STATE, HISTORY, release, newer_schema=False)
    assert (found["name"], found["apps"]) == ("r2", ["app-r2"])


def test_back_to_one_of_before_by_the_digest_that_it_had_last():
    found = before(STATE, HISTORY, "1.0.0", newer_schema=False)
    assert (found["name"], found["image"], found["apps"]) == ("r4", "shop@sha256:bb", [])


def test_never_to_one_that_did_not_stay_and_not_without_one():
    with pytest.raises(GateFailed, match=r"0\.9\.0 was not deployed here, expected one of 1\.0\.0$"):
        before(STATE, HISTORY, "0.9.0", newer_schema=False)
    with pytest.raises(GateFailed, match="no release is kept here"):
        before(empty(), [], "", newer_schema=False)


def test_not_to_one_that_does_not_know_the_schema_unless_it_is_said():
    newer = {**STATE, "schema": ["one", "two"]}
    with pytest.raises(
        GateFailed, match=r"the database has two, which 1\.1\.0 does not know.*rollback_newer_schema=true"
    ):
        before(newer, HISTORY, "", newer_schema=False)
    assert before(newer, HISTORY, "", newer_schema=True)["name"] == "r2"
