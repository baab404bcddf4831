# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Code is found by folder and file name, and the tests where the code is."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CODE = ROOT / "plugins" / "module_utils"
TESTS = ROOT / "tests" / "unit" / "plugins" / "module_utils"


def test_code_is_grouped_by_subject():
    assert len([path for path in CODE.iterdir() if path.is_file()]) <= 6


def test_nothing_in_module_utils_is_offered_to_other_collections():
    public = [path.name for path in CODE.iterdir() if not path.name.startswith("_")]
    assert public == []


def test_every_folder_is_a_package():
    folders = [path for path in CODE.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert [path.name for path in folders if not (path / "__init__.py").exists()] == []


def test_unit_tests_stand_where_their_code_does():
    """A folder of code is a folder of tests; test_x.py stands for x.py or _x.py."""
    strangers = []
    for test in TESTS.rglob("test_*.py"):
        folder, name = CODE / test.parent.relative_to(TESTS), test.name.removeprefix("test_")
        if not (folder / name).exists() and not (folder / f"_{name}").exists():
            strangers.append(str(test.relative_to(ROOT)))
    assert strangers == []
