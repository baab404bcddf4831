# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of tests that holds none is taken for a proof, and proves nothing."""

from __future__ import annotations

from support.helpers.checkout import ROOT
from support.helpers.definitions import defined_in


def test_every_file_of_tests_holds_a_test():
    files = [path for folder in ("tests", "molecule") for path in sorted((ROOT / folder).rglob("test_*.py"))]
    assert [str(path.relative_to(ROOT)) for path in files if not defined_in(path)] == []


def test_what_pytest_would_collect_is_found_and_nothing_else(tmp_path):
    file = tmp_path / "test_these.py"
    file.write_text(
        "def helper():\n    def test_inside(): pass\n"
        "class TestThings:\n    def test_one(self): pass\n    def other(self): pass\n"
        "class Helper:\n    def test_two(self): pass\n"
        "def test_three(): pass\n"
    )
    assert set(defined_in(file)) == {"TestThings::test_one", "test_three"}
