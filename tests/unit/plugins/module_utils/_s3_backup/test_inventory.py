# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory whose backups could not work is refused before anything is changed."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.inventory import problems

WANTED = {
    "environment": "production",
    "databases": ["shop"],
    "bucket": "backups",
    "prefix": "production",
    "endpoint": "https://s3.example.com",
    "writer_access_key": "writer",
    "writer_secret_key": "secret of the writer",
    "rotator_access_key": "rotator",
    "rotator_secret_key": "secret of the rotator",
    "exclude_table_data": ["public.sessions"],
    "scratch_directory": "/var/lib/plannerate-backup",
    "encryption": "age",
    "recipients": ["age1offline"],
    "rotator": "localhost",
    "machines": ["db01", "db02"],
    "writers": ["db01"],
    "copy_bucket": "",
    "copy_endpoint": "",
    "copy_access_key": "",
    "copy_secret_key": "",
    "keep_daily": 1,
    "keep_verified": "1",
}
# With a second copy
COPY = {
    "copy_bucket": "copies",
    "copy_endpoint": "https://s3.example.org",
    "copy_access_key": "copier",
    "copy_secret_key": "secret",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"encryption": "none", "recipients": []},
        {"endpoint": ""},
        {"scratch_directory": "/homes/backup"},
        {"rotator": "db01"},
        COPY,
        {**COPY, "copy_bucket": "backups"},
        {**COPY, "rotator": "db02"},
    ],
)
def test_nothing_is_wrong(change):
    assert problems({**WANTED, **change}) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"environment": "a" * 26}, "expected at most 25 letters"),
        ({"environment": "shop.eu"}, "s3_backup_environment is shop.eu, expected"),
        ({"databases": []}, "s3_backup_databases is empty"),
        ({"bucket": ""}, "s3_backup_bucket is empty"),
        ({"prefix": ""}, "s3_backup_prefix is empty"),
        ({"writer_access_key": ""}, "s3_backup_writer_access_key is empty"),
        ({"writer_secret_key": ""}, "s3_backup_writer_secret_key is empty"),
        ({"rotator_access_key": ""}, "s3_backup_rotator_access_key is empty"),
        ({"rotator_secret_key": ""}, "s3_backup_rotator_secret_key is empty"),
        ({"endpoint": "http://s3.example.com"}, "s3_backup_endpoint is http://s3.example.com, expected a URL"),
        ({"exclude_table_data": ["sessions"]}, "s3_backup_exclude_table_data has sessions, expected schema.table"),
        ({"recipients": []}, "s3_backup_recipients is empty, expected at least one public age key"),
        ({"keep_daily": 0}, "s3_backup_keep_daily is less than 1"),
        ({"keep_verified": "0"}, "s3_backup_keep_verified is less than 1"),
        ({"scratch_directory": "/home"}, "s3_backup_scratch_directory is /home, which the drill's unit does not see"),
        ({"scratch_directory": "/var/tmp/drill"}, "Expected a directory outside of /home, /root"),
        ({"rotator_access_key": "writer"}, "only the rotator may delete"),
        ({"rotator": ""}, "s3_backup_rotator is empty, expected localhost"),
        ({"rotator": "db09"}, "s3_backup_rotator is db09, expected localhost"),
        ({**COPY, "rotator": "db01"}, "s3_backup_rotator is db01, which writes the backups and would have the key"),
        ({**COPY, "copy_access_key": ""}, "s3_backup_copy_access_key is empty, expected the key of the bucket copies"),
        ({**COPY, "copy_secret_key": ""}, "s3_backup_copy_secret_key is empty, expected the key of the bucket copies"),
        ({**COPY, "copy_access_key": "writer"}, "the second copy has the access key of the writer or the rotator"),
        ({**COPY, "copy_access_key": "rotator"}, "the second copy has the access key of the writer or the rotator"),
        (
            {**COPY, "copy_bucket": "backups", "copy_endpoint": WANTED["endpoint"]},
            "s3_backup_copy_bucket is backups, where the backups are already",
        ),
        (
            {**COPY, "copy_endpoint": "http://s3.example.org"},
            "s3_backup_copy_endpoint is http://s3.example.org, expected",
        ),
    ],
)
def test_each_problem_is_named(change, text):
    (found,) = problems({**WANTED, **change})
    assert text in found


def test_keys_that_are_both_missing_are_not_called_the_same():
    found = problems({**WANTED, "writer_access_key": "", "rotator_access_key": ""})
    assert [text.split()[0] for text in found] == ["s3_backup_writer_access_key", "s3_backup_rotator_access_key"]
