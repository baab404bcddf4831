# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration is complete and makes sense, or everything wrong in it is named at once."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup import configuration
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import UsageError

LEAST = {
    "environment": "production",
    "databases": ["shop"],
    "bucket": "backups",
    "prefix": "production",
    "state_directory": "/var/lib/backup",
    "credentials": {"writer": "/etc/writer.json"},
    "source": {"conninfo": "dbname=shop", "binaries": "/usr/lib/postgresql/15/bin"},
    "encryption": {"method": "age", "recipients": ["age1"]},
}


def changed(path, value):
    found = copy.deepcopy(LEAST)
    *sections, name = path.split(".")
    place = found
    for section in sections:
        place = place.setdefault(section, {})
    place[name] = value
    return found


def test_what_is_left_out_has_its_default():
    found = configuration.complete(LEAST)
    assert found["retention"]["daily"] == 30
    assert found["restore"]["jobs"] == found["drill"]["jobs"] == 1


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("prefix", "", "prefix is missing"),
        ("prefix", "a//b", "expected names separated by single slashes"),
        ("databases", [], "expected a list of at least one name"),
        ("databases", "shop", "expected a list"),
        ("retention.daily", 0, "daily is 0, expected 1 or more"),
        ("retention.weekly", 0, "weekly is 0"),
        ("encryption.method", "rot13", "encryption.method is 'rot13', expected one of age, none"),
        ("encryption.method", "none", "encryption.recipients: expected public keys for age, and none"),
        ("encryption.recipients", [], "encryption.recipients"),
        ("source.exclude_table_data", ["sessions"], "source.exclude_table_data has 'sessions', expected schema.table"),
        ("source.exclude_table_data", "public.a", "source.exclude_table_data has 'public.a'"),
        ("restore.members", 0, "restore.members is 0"),
        ("drill.free_percent", 100, "drill.free_percent is 100, expected a number from 0 to 99"),
        ("store.part_bytes", 1024, "store.part_bytes is 1024, expected a number from 5242880"),
        ("store.parallel_transfers", 0, "store.parallel_transfers is 0"),
        ("store.outage_seconds", "90", "store.outage_seconds is '90'"),
        ("compression_level", 20, "compression_level is 20"),
        ("colour", "red", "colour is unknown"),
        ("store.colour", "red", "store.colour is unknown"),
        ("store", [], "store. is no object"),
        ("source.conninfo", None, "source.conninfo is missing"),
    ],
)
def test_what_is_wrong_is_named(path, value, reason):
    with pytest.raises(UsageError) as refusal:
        configuration.complete(changed(path, value))
    assert reason in str(refusal.value)


def test_what_an_earlier_release_wrote_is_still_read():
    found = configuration.complete(changed("source.mode", "stream") | {"store": {"checksums": "when_required"}})
    assert "mode" not in found["source"]


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(UsageError) as refusal:
        configuration.complete({})
    for name in ("environment", "databases", "bucket", "prefix", "credentials.writer", "source.conninfo"):
        assert f"{name} is missing" in str(refusal.value)


def test_a_file_that_is_wrong_is_named(tmp_path):
    path = tmp_path / "production.json"
    with pytest.raises(UsageError, match=r"production\.json cannot be read: No such file"):
        configuration.load(str(path))
    path.write_text("{")
    with pytest.raises(UsageError, match=r"production\.json is not JSON"):
        configuration.load(str(path))
    path.write_text(json.dumps(LEAST))
    assert configuration.load(str(path))["bucket"] == "backups"


def test_credentials_are_two_words(tmp_path):
    path = tmp_path / "writer.json"
    path.write_text('{"access_key": "a", "secret_key": ""}')
    with pytest.raises(UsageError, match="has no secret_key"):
        configuration.credentials(str(path))


def test_an_environment_is_no_path():
    with pytest.raises(UsageError, match="expected letters"):
        configuration.path_of("../etc/shadow")
