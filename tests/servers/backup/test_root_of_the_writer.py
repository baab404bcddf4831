# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root on the machine that writes, with all that lies there, tries to delete, to overwrite, to read another environment, and to forge.

The store is a bucket as `plannerate-backup policy` wants it. What it does not stop is in decision 41; the last tests show it.
"""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from botocore.exceptions import ClientError
from support.helpers.object_store import BUCKET, COPIES, KEPT, KEYS, keys_of

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import (
    keys,
    listing,
    manifest,
    verify,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.copy import Copy
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.rotation import Rotation
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3 import rights
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import Store, StoreError

POLICY = {"daily": 1, "weekly": None, "monthly": None, "verified": 1, "minimum_age_hours": 0, "orphan_grace_hours": 48}


@pytest.fixture
def kept(object_store, site):
    """The bucket, with versions, policy and lifecycle as the command prints them."""
    admin = Store(KEPT, object_store.settings(), KEYS).client
    policy = json.dumps(rights.policy(KEPT, site.settings["prefix"]))
    for name in ("WRITER", "ROTATOR"):
        policy = policy.replace(f'"{name}"', f'"arn:aws:iam::000000000000:user/{name.lower()}"')
    admin.put_bucket_policy(Bucket=KEPT, Policy=policy)
    admin.put_bucket_versioning(Bucket=KEPT, VersioningConfiguration={"Status": "Enabled"})
    rules = rights.lifecycle(site.settings["prefix"], 30)
    admin.put_bucket_lifecycle_configuration(Bucket=KEPT, LifecycleConfiguration=rules)


@pytest.fixture
def root(away, kept):
    """A site with one backup, and what its machine holds: Store for each credential in any of its files."""
    site = away
    site.settings["bucket"] = KEPT
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    site.id = site.back_up()["id"]
    found, seals = {}, set()
    for path in site.directory.rglob("*.json"):
        with contextlib.suppress(ValueError):
            held = json.loads(path.read_text())
            if "access_key" in held and path.name != "credential.json":
                found[held["access_key"]] = held
            seals |= {held["key"].encode()} if "key" in held else set()
    # What a converge leaves there, without the tests' own.
    assert (set(found), len(seals)) == ({"writer"}, 1)
    site.writer = Store(KEPT, site.store.settings(), found["writer"], *seals)
    return site


def rotator(site, bucket=KEPT):
    return Store(bucket, site.store.settings(), keys_of("rotator"), b"the key of this installation")


def denied(act):
    try:
        answer = act()
    except (ClientError, StoreError) as error:
        return "AccessDenied" in str(error)
    errors = answer if "ResponseMetadata" not in answer else answer.get("Errors", [])
    return bool(errors) and "AccessDenied" in str(errors)


def test_nothing_can_be_deleted_not_even_a_version_nor_by_a_rule(root):
    site, client, prefix = root, root.writer.client, root.settings["prefix"]
    for entry in list(site.writer.objects(f"{prefix}/")):
        (version,) = rotator(site).client.list_object_versions(Bucket=KEPT, Prefix=entry.key)["Versions"]
        one = {"Bucket": KEPT, "Key": entry.key}
        every = {"Objects": [{"Key": entry.key, "VersionId": version["VersionId"]}]}
        assert denied(partial(site.writer.delete, [entry.key]))
        assert denied(partial(client.delete_object, **one))
        assert denied(partial(client.delete_object, **one, VersionId=version["VersionId"]))
        assert denied(partial(client.delete_objects, Bucket=KEPT, Delete=every))
    at_once = {"Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
    suspended = {"Status": "Suspended"}
    assert denied(partial(client.put_bucket_lifecycle_configuration, Bucket=KEPT, LifecycleConfiguration=at_once))
    assert denied(partial(client.delete_bucket_lifecycle, Bucket=KEPT))
    assert denied(partial(client.put_bucket_versioning, Bucket=KEPT, VersioningConfiguration=suspended))
    assert denied(partial(client.delete_bucket_policy, Bucket=KEPT))
    assert denied(partial(client.delete_bucket, Bucket=KEPT))
    code, answer = site.command("rotate")
    assert (code, "another machine rotates" in answer["message"]) == (2, True)
    (found,) = listing.backups(rotator(site), prefix)
    assert (found.id, found.state) == (site.id, "good")


def test_what_is_overwritten_leaves_its_version(root):
    prefix = root.settings["prefix"]
    for entry in list(root.writer.objects(f"{prefix}/")):
        before = root.writer.get(entry.key)
        root.writer.put(entry.key, b"overwritten")
        client = rotator(root).client
        versions = client.list_object_versions(Bucket=KEPT, Prefix=entry.key)["Versions"]
        contents = [
            client.get_object(Bucket=KEPT, Key=entry.key, VersionId=one["VersionId"])["Body"].read() for one in versions
        ]
        assert before in contents and len(contents) == 2


def test_another_environments_bucket_is_closed(root):
    for act in (
        lambda store: store.find("staging/RESTORE.md"),
        lambda store: list(store.objects("staging/")),
        lambda store: store.put("staging/x", b"x"),
        lambda store: store.delete(["staging/x"]),
    ):
        other = Store(COPIES, root.store.settings(), keys_of("writer"))
        assert denied(partial(act, other))


def forge(site, moment):
    """A backup that passes for the machine's own: whoever is root there has the key."""
    (real,) = [one for one in listing.backups(site.writer, site.settings["prefix"]) if one.id == site.id]
    document, _digest = verify.manifest_of(site.writer, real)
    name = keys.backup_id(moment, "ffffffff")
    directory = keys.backup_directory(site.settings["prefix"], real.system, real.database, name)
    for entry in document["objects"]:
        site.writer.put(directory + entry["name"], site.writer.get(real.directory + entry["name"]))
    forged = {key: value for key, value in document.items() if key not in ("mac", "checksum")}
    content = manifest.seal({**forged, "id": name, "created": manifest.stamp(moment)}, site.writer.seal)
    site.writer.put(directory + keys.MANIFEST, content)
    verify.pronounce(site.writer, real._replace(directory=directory, id=name), manifest.digest(content), "good", "x")


def test_a_forged_backup_of_the_past_is_told_by_the_stores_clock(root):
    """So it takes no place from others: what is signed may be lied about, when it was stored is not."""
    now = datetime.now(timezone.utc)
    for days in (3, 4):
        forge(root, now - timedelta(days=days))
    result = Rotation(rotator(root), root.settings["prefix"], POLICY, now).result()
    assert root.id in {one["id"] for one in result["kept"]}
    assert [text for text in result["warnings"] if "long after the moment in its name; 2 of shop" in text]


def test_a_verdict_of_damage_is_not_taken_over_by_the_copy(root):
    """It is what root can do: sign that a backup is damaged, or put another object in its place."""
    copier = Store(COPIES, root.store.settings(), keys_of("copier"), root.writer.seal)
    prefix = root.settings["prefix"]
    Copy(rotator(root), prefix, copier, prefix).carry_out()
    (real,) = listing.backups(root.writer, prefix)
    _document, digest = verify.manifest_of(root.writer, real)
    verify.condemn(root.writer, real, digest, "by root", ["it is not"])
    assert [one.state for one in listing.backups(rotator(root), prefix)] == ["damaged"]
    later = Copy(rotator(root), prefix, copier, prefix)
    assert later.result() == {"copied": [], "proven": [], "changed": False}
    later.carry_out()
    assert [one.state for one in listing.backups(copier, prefix)] == ["good"]


def test_a_locked_bucket_keeps_what_was_stored_from_whoever_has_any_key(away):
    """Also a stream in parts, as `plannerate-backup policy` has the lock; a rotation only hides it until that ends."""
    site, admin = away, Store("locked", away.store.settings(), KEYS)
    admin.client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    site.settings["bucket"] = "locked"
    all_of_it = site._file("all.json", KEYS)
    site.settings["credentials"] = {**site.settings["credentials"], "writer": all_of_it, "drill": all_of_it}
    assert [text for text in site.good("policy")["warnings"] if "locks nothing" in text]
    admin.client.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration=site.good("policy")["object_lock"]
    )
    assert not [text for text in site.good("policy")["warnings"] if "locks nothing" in text]
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    site.back_up()
    for entry in list(admin.objects(f"{site.settings['prefix']}/")):
        (version,) = admin.client.list_object_versions(Bucket="locked", Prefix=entry.key)["Versions"]
        one = {"Bucket": "locked", "Key": entry.key, "VersionId": version["VersionId"]}
        assert denied(partial(admin.client.delete_object, **one))
        assert denied(partial(admin.client.delete_object, **one, BypassGovernanceRetention=True))


@pytest.mark.parametrize("bucket", [BUCKET, KEPT])
def test_what_the_store_allows_is_told_as_it_is(root, bucket):
    """The one bucket is as the command says, the other is as a bucket is when it is made."""
    root.settings["bucket"] = bucket
    answer = root.good("policy")
    assert bool(answer["unsafe"]) is (bucket == BUCKET)
    assert answer["found"]["writer_may_delete"] is (bucket == BUCKET)
