# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of the store means: worth another try, or a message for a person. Pure."""

from __future__ import annotations

import re

try:
    from botocore import exceptions as botocore
except ImportError:
    botocore = None

_PASSING_CODES = {
    "InternalError",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottlingException",
    "TooManyRequestsException",
    "500",
    "502",
    "503",
    "504",
}
_REMEDIES = {
    "NoSuchBucket": "the bucket {bucket} does not exist; create it, or correct the name",
    "InvalidAccessKeyId": "the store does not know the access key; correct the credentials file",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key; correct the credentials file",
    "RequestTimeTooSkewed": "this machine's clock and the store's differ too much; set the clock right (timedatectl)",
    "AccessDenied": "the credential may not do this; look at its policy, and at object locks of the bucket",
    "QuotaExceeded": "the bucket is full; make room or raise its quota",
    "EntityTooLarge": "the store refuses objects of this size",
}
# How other stores, and answers without a body, call the same.
_SAME = {
    "403": "AccessDenied",
    "Forbidden": "AccessDenied",
    "AllAccessDisabled": "AccessDenied",
    "XMinioStorageFull": "QuotaExceeded",
    "InsufficientStorage": "QuotaExceeded",
    "InsufficientCapacity": "QuotaExceeded",
    "507": "QuotaExceeded",
    "RequestExpired": "RequestTimeTooSkewed",
}


def code(error):
    """The store's word for what is wrong; empty when it was not reached."""
    response = getattr(error, "response", None) or {}
    found = str(response.get("Error", {}).get("Code", ""))
    return _SAME.get(found, found)


def status(error):
    """HTTP status of the answer, or None."""
    return (getattr(error, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode")


def is_missing(error):
    return code(error) in ("404", "NoSuchKey", "NotFound") or (status(error) == 404 and code(error) != "NoSuchBucket")


def is_certificate(error):
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def is_transient(error):
    """Whether the same request may succeed a little later."""
    if isinstance(error, botocore.ClientError):
        if code(error) in _REMEDIES:
            return False
        return code(error) in _PASSING_CODES or (status(error) or 0) >= 500
    if is_certificate(error):
        return False
    # The last two: the connection broke while the body was read.
    return isinstance(
        error, (botocore.HTTPClientError, botocore.ConnectionError, botocore.IncompleteReadError, OSError)
    )


def explain(error, doing, bucket, endpoint):
    """One sentence or two for a person: what was tried, what came back, what to do."""
    where = endpoint or "the store"
    if is_certificate(error):
        return f"{doing}: {where} shows a certificate that is not trusted ({_shortened(error)}); check ca_file, and the clock"
    known = _REMEDIES.get(code(error))
    if known:
        return f"{doing}: {code(error)}: {known.format(bucket=bucket)}"
    if code(error):
        said = error.response["Error"].get("Message") or "no explanation"
        return f"{doing}: {where} answered {code(error)}: {said}"
    return f"{doing}: {where} cannot be reached ({_shortened(error)})"


def _shortened(error):
    """What the system said, without the library's objects and addresses around it."""
    cause = getattr(error, "kwargs", {}).get("error") or error
    return re.sub(r"<[^>]*>: |\w+Connection\([^)]*\): |https?://\S+", "", " ".join(str(cause).split()))[:200].strip()
