# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror takes the place of the distribution's archive alone, and what was there comes back without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._machine.apt_sources import changes, with_mirror

MIRROR = "https://packages.example.com"
DEB822 = """Types: deb
URIs: http://archive.example.org/debian/
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example.org/debian-security
Suites: trixie-security
"""
ONE_LINE = """# what somebody noted: http://archive.example.org/debian
deb [arch=amd64] http://br.archive.example.org/ubuntu noble main
deb https://download.example.net/linux/debian trixie stable
"""
CLOUD = """Types: deb
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: trixie

Types: deb
URIs: mirror+file:///etc/apt/mirrors/debian-security.list
Suites: trixie-security
"""
LISTS = [CLOUD, DEB822, ONE_LINE, "", "deb http://archive.example.org/debian trixie main"]


def in_force(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (DEB822, [f"URIs: {MIRROR}/debian/", f"URIs: {MIRROR}/debian-security"]),
        (CLOUD, [f"URIs: {MIRROR}/debian", f"URIs: {MIRROR}/debian-security"]),
        (ONE_LINE, [f"deb [arch=amd64] {MIRROR}/ubuntu noble main"]),
    ],
)
def test_the_archive_alone_is_replaced(text, lines):
    found = in_force(with_mirror(text, MIRROR))
    assert [line for line in found if line not in in_force(text)] == lines
    assert len(found) == len(in_force(text))
    assert "download.example.net/linux/debian" in with_mirror(ONE_LINE, MIRROR)


@given(st.sampled_from(LISTS[:4]), st.lists(st.sampled_from([MIRROR, f"{MIRROR}/repository/", ""]), max_size=4))
def test_without_a_mirror_it_is_what_it_was_and_a_second_run_changes_nothing(text, mirrors):
    found = text
    for mirror in mirrors:
        found = with_mirror(found, mirror)
        assert with_mirror(found, mirror) == found
        assert found == with_mirror(text, mirror)
    assert with_mirror(found, "") == text


@pytest.mark.parametrize("theirs", ["deb https://download.example.net/linux/debian trixie stable", "# a note"])
def test_what_somebody_wrote_in_a_mirrors_place_stays(theirs):
    mirrored = with_mirror(LISTS[-1], MIRROR).splitlines()
    edited = "\n".join([mirrored[0], theirs]) + "\n"
    assert with_mirror(edited, "") == with_mirror(edited, MIRROR) == f"{theirs}\n"


def test_a_line_that_was_changed_below_its_mirror_keeps_the_change():
    mirrored = with_mirror(LISTS[-1], MIRROR).replace(f"{MIRROR}/debian trixie", f"{MIRROR}/debian forky")
    assert in_force(with_mirror(mirrored, MIRROR)) == [f"deb {MIRROR}/debian forky main"]


def test_only_what_changes_is_written():
    said = "pgbouncer installed\n" + "".join(
        f"apt file: /etc/apt/{name}\n" + "".join(f"apt line: {line}\n" for line in text.splitlines())
        for name, text in (("sources.list", "# nothing here\n"), ("sources.list.d/debian.sources", DEB822))
    )
    assert changes(said + "container: none\n", "") == {}
    assert changes(said, MIRROR) == {"/etc/apt/sources.list.d/debian.sources": with_mirror(DEB822, MIRROR)}
