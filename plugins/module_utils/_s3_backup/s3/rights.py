# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bucket should allow, in the words of AWS that most stores know, and what this one does allow."""

from __future__ import annotations

from .store import StoreError

_BOTH = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
_NEVER = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:BypassGovernanceRetention",
]
_NOTHING = ("NoSuchLifecycleConfiguration", "ObjectLockConfigurationNotFoundError", "NoSuchKey")
# Nobody waits for long to be told what a store allows.
_PATIENCE = 5


def policy(bucket, prefix):
    """The bucket's policy, with WRITER and ROTATOR for their names. Pure."""
    objects, whole = f"arn:aws:s3:::{bucket}/{prefix.rstrip('/')}/*", f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement("Allow", ["WRITER", "ROTATOR"], ["s3:ListBucket", "s3:ListBucketMultipartUploads"], [whole]),
            _statement("Allow", ["WRITER", "ROTATOR"], _BOTH, [objects]),
            _statement("Allow", ["ROTATOR"], ["s3:DeleteObject"], [objects]),
            _statement("Deny", ["WRITER"], _NEVER, [whole, objects]),
        ],
    }


def _statement(effect, who, actions, resources):
    return {"Effect": effect, "Principal": {"AWS": who}, "Action": actions, "Resource": resources}


def lifecycle(prefix, days):
    """Rules for a bucket with versions: what was deleted or overwritten goes for good after some days. Pure."""
    return {
        "Rules": [
            {
                "ID": "plannerate-backup",
                "Status": "Enabled",
                "Filter": {"Prefix": f"{prefix.rstrip('/')}/"},
                "NoncurrentVersionExpiration": {"NoncurrentDays": days},
                "Expiration": {"ExpiredObjectDeleteMarker": True},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            }
        ]
    }


def object_lock(days):
    """For a bucket that was made with an object lock: nobody removes a version of what was stored for so many days. Pure."""
    return {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}},
    }


def found(store, may_delete):
    """What the store allows and does: C(None) where it does not tell.

    :arg may_delete: whether the writer may.
    """
    versions = _asked(store, "get_bucket_versioning")
    lock = _asked(store, "get_object_lock_configuration")
    rules = _asked(store, "get_bucket_lifecycle_configuration")
    return {
        "writer_may_delete": may_delete,
        "versioning": None if versions is None else versions.get("Status") == "Enabled",
        "object_lock": None if lock is None else "ObjectLockConfiguration" in lock,
        "retention": None if lock is None else "Rule" in lock.get("ObjectLockConfiguration", {}),
        "versions_expire": None
        if rules is None
        else any("NoncurrentVersionExpiration" in rule for rule in rules.get("Rules", [])),
    }


def unsafe(state):
    """Sentences about how whoever has the writer's key could make backups vanish in a store that was found so. Pure."""
    keeps = bool(state["versioning"] or state["object_lock"])
    said = []
    # Such a key deletes versions too, where a store knows no policies.
    if state["writer_may_delete"] and not (state["object_lock"] and state["retention"]):
        said.append(
            "the writer's credential may delete backups, so that whoever is root on this machine, or has that key, can delete all of them, "
            "and their versions. Deny it that, or use an object lock: plannerate-backup policy prints both. Where the store knows neither, "
            "keep a second copy, s3_backup_copy_bucket"
        )
    if not keeps:
        said.append(
            "the bucket is not known to keep versions, so that what is stored can be overwritten without a trace: the writer has to be "
            "allowed to put objects. A forged backup is named and not loaded, the one that was there is gone"
        )
    return said


def warnings(state):
    """Sentences about what a store that was found so lets happen. Pure."""
    said = unsafe(state)
    if state["object_lock"] and state["retention"] is False:
        said.append(
            "the bucket has an object lock and locks nothing, since it has no default retention: plannerate-backup policy prints one"
        )
    if state["versioning"] and state["versions_expire"] is False:
        said.append(
            "the bucket keeps versions and no rule expires them, so that a rotation frees no space: plannerate-backup policy prints one"
        )
    return said


def _asked(store, operation):
    """The answer; empty where the store has nothing of the kind, None where it does not tell."""
    try:
        return store.request("looking at what the bucket allows", operation, patience=_PATIENCE)
    except StoreError as error:
        return {} if error.code in _NOTHING else None
