# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bucket: a thin layer over boto3 that survives a passing outage and speaks plainly about the others."""

from __future__ import annotations

import base64
import hashlib
import threading
import traceback
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    BOTO3_ERROR = None
except ImportError:
    boto3 = Config = None
    BotoCoreError = ClientError = OSError
    BOTO3_ERROR = traceback.format_exc()

from ..errors import BackupError
from ..retention.policy import Upload
from . import faults
from .pages import Ascending, pages
from .patience import Patience
from .transfer import Body, read

DELETE_BATCH = 1000
# That a connection takes, or a block of what is sent to leave: the whole of a part has no limit.
SECONDS_OF_A_BLOCK = 30
SECONDS_OF_AN_ANSWER = 120
# Seconds for tidying up: systemd does not wait for ever after it asked a unit to stop.
_PATIENCE_AT_THE_END = 10

# tag: of the content, which is another one when that is. moment: when it was written, by the store's clock.
Entry = namedtuple("Entry", "key size tag moment", defaults=("", None))
# What a request calls its place in a listing, with the answer's name for the next one.
_CONTINUATION = {"ContinuationToken": "NextContinuationToken"}
_MARKERS = {"KeyMarker": "NextKeyMarker", "UploadIdMarker": "NextUploadIdMarker"}


class StoreError(BackupError):
    """A request that failed for good."""

    def __init__(self, message, code=""):
        super().__init__(message)
        self.code = code


def _config(settings):
    options = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": "path" if settings["path_style"] else "auto"},
        "connect_timeout": SECONDS_OF_A_BLOCK,
        "read_timeout": SECONDS_OF_AN_ANSWER,
        "max_pool_connections": settings["parallel_transfers"] + 2,
        # Retried here, where the limit is a time and not a number.
        "retries": {"max_attempts": 0},
    }
    # boto3 before 1.36 has no such options and adds no checksums either. Several stores refuse the newer ones.
    if "request_checksum_calculation" in Config.OPTION_DEFAULTS:
        options["request_checksum_calculation"] = options["response_checksum_validation"] = "when_required"
    return Config(**options)


def content_md5(content):
    """The checksum that old and new stores take, and without which none stores what it has to keep (object lock)."""
    # Against transmission errors alone, so it is allowed where MD5 is not for anything else.
    return base64.b64encode(hashlib.new("md5", content, usedforsecurity=False).digest()).decode()


def _with_content_md5(params, **_ignored):
    """DeleteObjects needs Content-MD5 or a checksum; newer releases of boto3 send the latter, which not every store knows."""
    if params.get("body") and "Content-MD5" not in params["headers"]:
        body = params["body"] if isinstance(params["body"], bytes) else params["body"].encode()
        params["headers"]["Content-MD5"] = content_md5(body)


class Store:
    """One bucket, seen with one credential."""

    def __init__(self, bucket, settings, keys, seal=None):
        """:arg settings: section C(store) of the configuration; :arg keys: C(access_key) and C(secret_key).

        :arg seal: bytes by which what is written here is authenticated; without them nobody looks whether it is.
        """
        self.bucket, self.settings, self.seal = bucket, settings, seal
        # Set when there is no point in waiting for the store any longer.
        self.stopping = threading.Event()
        self.client = boto3.session.Session().client(
            "s3",
            endpoint_url=settings["endpoint"],
            region_name=settings["region"],
            aws_access_key_id=keys["access_key"],
            aws_secret_access_key=keys["secret_key"],
            verify=settings["ca_file"] or True,
            config=_config(settings),
        )
        self.client.meta.events.register("before-call.s3.DeleteObjects", _with_content_md5)

    def request(self, doing, operation, patience=None, **arguments):
        """One request; while the store is away it is repeated for ``outage_seconds``.

        :arg doing: what this is for, as the beginning of a message.
        :arg patience: seconds instead of ``outage_seconds``.
        :raises StoreError: one message; its code is the store's word.
        """
        call = getattr(self.client, operation)
        return self.persist(doing, lambda _moved: call(Bucket=self.bucket, **arguments), patience)

    def persist(self, doing, attempt, patience=None):
        """The answer of an attempt, which is repeated while the store is away.

        :arg attempt: function that gives the answer; it gets one to call for each block that passed.
        """
        waiting = (
            Patience(self.settings["outage_seconds"]) if patience is None else Patience(patience, least_attempts=1)
        )

        def moved():
            waiting.moved()
            if self.stopping.is_set():
                raise OSError("stopped")

        while True:
            try:
                return attempt(moved)
            except (ClientError, BotoCoreError, OSError) as error:
                if not faults.is_transient(error) or waiting.is_over() or self.stopping.is_set():
                    raise self._failure(error, doing) from error
                self.stopping.wait(waiting.pause())

    def _failure(self, error, doing):
        missing = "NoSuchKey" if faults.is_missing(error) and not faults.code(error).startswith("NoSuch") else ""
        explained = faults.explain(error, doing, self.bucket, self.settings["endpoint"])
        return StoreError(explained, missing or faults.code(error))

    def check_clock(self):
        """How far this machine's clock is ahead of the store's, in seconds.

        :raises StoreError: when that is more than ``clock_limit_seconds``, or the bucket cannot be reached.
        """
        answer = self.request(f"looking at the bucket {self.bucket}", "list_objects_v2", MaxKeys=1)
        theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        ahead = datetime.now(timezone.utc) - theirs
        if abs(ahead) > timedelta(seconds=self.settings["clock_limit_seconds"]):
            raise StoreError(
                f"this machine's clock is {ahead.total_seconds():+.0f} s from the store's, at most "
                f"{self.settings['clock_limit_seconds']} s are allowed: the age of a backup would be wrong. Set the clock "
                "right (timedatectl)",
                "RequestTimeTooSkewed",
            )
        return ahead.total_seconds()

    def _pages(self, operation, prefix, marks):
        def ask(more):
            return self.request(f"listing {prefix}", operation, Prefix=prefix, **more)

        return pages(ask, prefix, marks)

    def objects(self, prefix):
        """Every object below a prefix in the order of its keys: one request for a thousand.

        :raises Contradiction: when the store lists them in no order, or a page twice.
        """
        order = Ascending(prefix)
        for page in self._pages("list_objects_v2", prefix, _CONTINUATION):
            for entry in page.get("Contents", []):
                order.check(entry["Key"])
                yield Entry(entry["Key"], entry["Size"], entry.get("ETag", ""), entry.get("LastModified"))

    def uploads(self, prefix):
        """Unfinished multipart uploads below a prefix."""
        for page in self._pages("list_multipart_uploads", prefix, _MARKERS):
            for entry in page.get("Uploads", []):
                yield Upload(entry["Key"], entry["UploadId"], entry["Initiated"])

    def get(self, key, **arguments):
        """The content of an object, or with Range of a part of it. Reading the body is part of the request.

        :raises StoreError: with code ``NoSuchKey`` when there is none.
        """

        def attempt(moved):
            return read(self.client.get_object(Bucket=self.bucket, Key=key, **arguments)["Body"], moved)

        return self.persist(f"reading {key}", attempt)

    def find(self, key):
        """The content of a small object, or None."""
        try:
            return self.get(key)
        except StoreError as error:
            if error.code == "NoSuchKey":
                return None
            raise

    def put(self, key, content, kind="application/json"):
        self.request(
            f"writing {key}",
            "put_object",
            Key=key,
            Body=content,
            ContentType=kind,
            ContentMD5=content_md5(content),
        )

    def put_part(self, upload, number, content):
        """Sends one part of an upload block by block; gives what completing it needs."""
        known = {"Key": upload.key, "UploadId": upload.id, "PartNumber": number, "ContentMD5": content_md5(content)}

        def attempt(moved):
            return self.client.upload_part(Bucket=self.bucket, Body=Body(content, moved), **known)

        answer = self.persist(f"uploading part {number} of {upload.key}", attempt)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def size(self, key):
        """Bytes of an object, or None."""
        try:
            return self.request(f"looking at {key}", "head_object", Key=key)["ContentLength"]
        except StoreError as error:
            if error.code == "NoSuchKey":
                return None
            raise

    def abort(self, upload):
        """Gives up an unfinished upload. One that is not there any more is none the less gone."""
        try:
            self.request(
                f"giving up the upload of {upload.key}",
                "abort_multipart_upload",
                patience=_PATIENCE_AT_THE_END,
                Key=upload.key,
                UploadId=upload.id,
            )
        except StoreError as error:
            if error.code not in ("NoSuchUpload", "NoSuchKey"):
                raise

    def delete(self, keys):
        """Deletes up to a thousand objects.

        :returns: message by key of those that the store did not delete.
        """
        listed = [{"Key": key} for key in keys]
        if not listed:
            return {}
        answer = self.request(
            f"deleting {len(listed)} objects", "delete_objects", Delete={"Objects": listed, "Quiet": True}
        )
        return {error["Key"]: f"{error.get('Code')}: {error.get('Message')}" for error in answer.get("Errors", [])}
