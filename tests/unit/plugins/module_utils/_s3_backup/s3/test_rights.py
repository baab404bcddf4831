# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store lets happen to the backups is said, and nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3 import rights
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import StoreError

GOOD = {
    "writer_may_delete": False,
    "versioning": True,
    "versions_expire": True,
    "object_lock": False,
    "retention": False,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        # Whoever may delete may delete versions too, but not what is locked.
        ({"writer_may_delete": True}, ["may delete backups"]),
        ({"writer_may_delete": True, "object_lock": True, "retention": True}, []),
        ({"writer_may_delete": True, "object_lock": True}, ["may delete backups", "locks nothing"]),
        ({"writer_may_delete": True, "object_lock": None, "retention": None}, ["may delete backups"]),
        ({"versions_expire": False}, ["frees no space"]),
        ({"versioning": False, "object_lock": True, "retention": True}, []),
        ({"object_lock": True}, ["locks nothing, since it has no default retention"]),
        ({"versioning": False}, ["overwritten without a trace"]),
        ({"versioning": None, "object_lock": None}, ["overwritten without a trace"]),
        ({"versioning": False, "writer_may_delete": True}, ["may delete backups", "overwritten without a trace"]),
    ],
)
def test_each_danger_is_said(change, said):
    found = rights.warnings({**GOOD, **change})
    assert len(found) == len(said)
    assert all(words in text for words, text in zip(said, found))


def test_what_frees_no_space_is_no_danger():
    state = {**GOOD, "versioning": None, "writer_may_delete": True, "versions_expire": False}
    assert rights.unsafe(state) == rights.warnings(state) != []
    assert rights.unsafe({**GOOD, "versions_expire": False}) == []


def test_only_the_rotator_may_delete_and_only_below_the_prefix():
    statements = rights.policy("backups", "production/")["Statement"]
    allowed = [one for one in statements if one["Effect"] == "Allow" and "s3:DeleteObject" in one["Action"]]
    assert [(one["Principal"], one["Resource"]) for one in allowed] == [
        ({"AWS": ["ROTATOR"]}, ["arn:aws:s3:::backups/production/*"])
    ]
    (denied,) = [one for one in statements if one["Effect"] == "Deny"]
    assert denied["Principal"] == {"AWS": ["WRITER"]} and "s3:DeleteObject" in denied["Action"]


class Store:
    def __init__(self, answers):
        self.answers = answers

    def request(self, _doing, operation, patience):
        answer = self.answers.get(operation, StoreError("no", "NotImplemented"))
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, {"versioning": None, "object_lock": None, "retention": None, "versions_expire": None}),
        (
            {
                "get_bucket_versioning": {"Status": "Enabled"},
                "get_object_lock_configuration": StoreError("none", "ObjectLockConfigurationNotFoundError"),
                "get_bucket_lifecycle_configuration": StoreError("none", "NoSuchLifecycleConfiguration"),
            },
            {"versioning": True, "object_lock": False, "retention": False, "versions_expire": False},
        ),
        (
            {
                "get_bucket_versioning": {},
                "get_object_lock_configuration": {"ObjectLockConfiguration": {}},
                "get_bucket_lifecycle_configuration": rights.lifecycle("production", 30),
            },
            {"versioning": False, "object_lock": True, "retention": False, "versions_expire": True},
        ),
        (
            {"get_object_lock_configuration": {"ObjectLockConfiguration": rights.object_lock(30)}},
            {"versioning": None, "object_lock": True, "retention": True, "versions_expire": None},
        ),
    ],
)
def test_what_a_store_does_not_tell_is_not_taken_for_good(answers, found):
    assert rights.found(Store(answers), True) == {"writer_may_delete": True, **found}
