# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text in the bucket names the commands that restore this environment's backups."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import guide


def text(method, endpoint=None):
    return guide.text(
        {
            "environment": "production",
            "bucket": "backups",
            "prefix": "a/production",
            "store": {"endpoint": endpoint, "region": "sa-east-1"},
            "encryption": {"method": method},
        }
    ).decode()


@pytest.mark.parametrize(
    ("method", "command"),
    [
        ("age", "s3 cp $B/database.dump.zst.age - | age -d -i PRIVATE_KEY_FILE | zstd -d | pg_restore"),
        ("none", "s3 cp $B/database.dump.zst - | zstd -d | pg_restore"),
    ],
)
def test_the_stream_is_restored_by_one_line(method, command):
    assert command in text(method)


def test_it_names_the_place_and_the_store():
    found = text("age", "https://s3.example")
    assert "s3 ls s3://backups/a/production/" in found
    assert "alias s3='aws --endpoint-url https://s3.example s3'" in found
    assert "AWS_DEFAULT_REGION=sa-east-1" in found
    assert "{" not in found.replace("${f%.age}", "")
