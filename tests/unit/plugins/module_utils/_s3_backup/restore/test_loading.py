# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes back is what was sent, from however many objects, and nothing else is loaded as if it were."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue.manifest import entries
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line.progress import Progress
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Damaged
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.digest import Digest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.pipeline import Command
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore.loading import Loader

CONTENTS = {"dump": b"one, ", "dump.0002": b"two, ", "dump.0003": b"three"}
COPY = Command("cat", ["cat"])


class Objects:
    def __init__(self, contents):
        self.settings, self.contents = {"parallel_transfers": 2}, contents

    def get(self, key, **_range):
        return self.contents[key.removeprefix("backup/")]


def digest(content):
    found = Digest()
    found(content)
    return found


@pytest.fixture
def listed():
    return entries([(name, digest(content)) for name, content in CONTENTS.items()], digest(b"".join(CONTENTS.values())))


def read(listed, contents):
    loader = Loader(
        Objects(contents), "backup/", {"objects": listed, "mode": "stream"}, [], Progress("", quiet=True), {}
    )
    return loader._pass(listed, [], [COPY], subprocess.PIPE)


def test_the_objects_of_a_stream_are_joined(listed):
    assert read(listed, CONTENTS) == b"one, two, three"


@pytest.mark.parametrize("wrong", CONTENTS)
def test_each_of_them_is_checked(listed, wrong):
    with pytest.raises(Damaged, match=f"backup/{wrong} is damaged"):
        read(listed, {**CONTENTS, wrong: CONTENTS[wrong].upper()})


def test_one_that_the_manifest_lacks_is_missed(listed):
    with pytest.raises(Damaged, match="does not decrypt to what was dumped"):
        read(listed[:-1], CONTENTS)
