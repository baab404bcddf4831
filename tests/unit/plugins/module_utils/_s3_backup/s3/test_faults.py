# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer of a store is either worth another try or one sentence that says what to do."""

from __future__ import annotations

import pytest
from botocore import exceptions

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3 import faults

ENDPOINT = "https://s3.example:8334"


def answer(code, status=403, message="because"):
    return exceptions.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject"
    )


def refused():
    return exceptions.EndpointConnectionError(
        endpoint_url=ENDPOINT, error=OSError("<botocore.X object at 0x7f>: [Errno 111] Connection refused")
    )


def untrusted():
    return exceptions.SSLError(endpoint_url=ENDPOINT, error="[SSL: CERTIFICATE_VERIFY_FAILED] expired")


@pytest.mark.parametrize(
    "error",
    [
        answer("InternalError", 500),
        answer("SlowDown", 503),
        answer("503", 503),
        answer("SomethingNew", 502),
        refused(),
        exceptions.ReadTimeoutError(endpoint_url=ENDPOINT),
        exceptions.ConnectionClosedError(endpoint_url=ENDPOINT),
        exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ConnectionResetError(),
    ],
)
def test_what_passes_is_tried_again(error):
    assert faults.is_transient(error)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (answer("NoSuchBucket", 404), "the bucket backups does not exist; create it"),
        (answer("AccessDenied"), "the credential may not do this; look at its policy"),
        (answer("403"), "AccessDenied: the credential may not do this"),
        (answer("InvalidAccessKeyId"), "does not know the access key; correct the credentials file"),
        (answer("SignatureDoesNotMatch"), "the secret key does not belong to the access key"),
        (answer("RequestTimeTooSkewed"), "set the clock right"),
        (answer("QuotaExceeded"), "the bucket is full"),
        (answer("507", 507), "the bucket is full"),
        (answer("InvalidArgument", 400), f"{ENDPOINT} answered InvalidArgument: because"),
        (untrusted(), "shows a certificate that is not trusted ([SSL: CERTIFICATE_VERIFY_FAILED] expired)"),
    ],
)
def test_what_stays_is_explained_and_not_tried_again(error, sentence):
    assert not faults.is_transient(error)
    said = faults.explain(error, "writing x", "backups", ENDPOINT)
    assert said.startswith("writing x: ")
    assert sentence in said


def test_a_store_that_is_away_is_named_without_the_librarys_objects():
    said = faults.explain(refused(), "writing x", "backups", ENDPOINT)
    assert said == f"writing x: {ENDPOINT} cannot be reached ([Errno 111] Connection refused)"


def test_a_missing_object_is_told_from_a_missing_bucket():
    assert faults.is_missing(answer("NoSuchKey", 404))
    assert faults.is_missing(answer("404", 404))
    assert not faults.is_missing(answer("NoSuchBucket", 404))
