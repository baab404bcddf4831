# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does not fit is refused before it begins, with the margin that others on the disk need."""

from __future__ import annotations

from collections import namedtuple

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine import room

GIB = 1 << 30
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def disk(monkeypatch):
    """100 GiB, of which 40 are free."""
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Usage(100 * GIB, 60 * GIB, 40 * GIB))


@pytest.mark.parametrize(
    ("needed", "margin", "lacking"), [(30, 10, 0), (31, 10, 1), (40, 0, 0), (41, 0, 1), (0, 50, 10), (60, 10, 30)]
)
def test_what_is_lacking(needed, margin, lacking):
    assert room.missing("/", needed * GIB, margin) == lacking * GIB


def test_the_refusal_says_what_was_found_and_what_to_do(tmp_path):
    room.require(str(tmp_path), 30 * GIB, 10, "the dump")
    with pytest.raises(Refused) as refusal:
        room.require(str(tmp_path / "not" / "yet"), 60 * GIB, 10, "the dump")
    assert str(refusal.value) == (
        f"{tmp_path}/not/yet has 40.0 GiB free; the dump needs 60.0 GiB, and 10 % of the file system stay free. Nothing was "
        "begun: make room for 30.0 GiB more, or name another place"
    )
