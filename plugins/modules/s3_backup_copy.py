#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_backup_copy
short_description: Copies backups into a second bucket
version_added: 0.1.0
description:
  - Copies each complete backup below a prefix of a bucket that has no copy in another, the newest first. Nothing is on disk meanwhile.
  - What is read is compared with the manifest's checksums before it becomes an object, and what is stored is read and compared once
    more. The manifest comes last, so what was interrupted is no copy. One that cannot be copied keeps no other from it, and is told at
    the end.
  - Nothing is ever deleted or changed in the second bucket by what the first one says. Of verdicts, good ones follow alone, and
    a copy that was found damaged stays as it is. What it may lose is up to M(plannerate.infra.s3_backup_rotation) with the second bucket's
    own keys.
options:
  source:
    description: Where the backups are.
    type: dict
    required: true
    suboptions: &suboptions
      bucket:
        description: Name of the bucket.
        type: str
        required: true
      prefix:
        description: What the keys of the backups begin with.
        type: str
        required: true
      access_key:
        description: Access key of a credential that may list, read and write.
        type: str
        required: true
      secret_key:
        description: Secret key that belongs to the access key.
        type: str
        required: true
      endpoint:
        description: Address of the store. Without it, that of AWS for the region.
        type: str
      region:
        description: Region of the bucket.
        type: str
        default: us-east-1
      path_style:
        description: Whether the bucket's name stands in the path rather than in the host name.
        type: bool
        default: false
      ca_certificate:
        description: Certificates of the authorities that the store's certificate may come from. Without it, the system's.
        type: str
  target:
    description: Where the copies go, by keys that the machine which writes the backups has not got.
    type: dict
    required: true
    suboptions: *suboptions
  retention:
    description:
      - The retention of the second bucket, with the options of M(plannerate.infra.s3_backup_rotation). What that would delete there is
        not copied.
      - Without it, everything is.
    type: dict
    suboptions:
      daily:
        description: How many days keep their newest good backup.
        type: int
        default: 30
      weekly:
        description: How many weeks keep their newest good backup. Without it there is no such rule.
        type: int
      monthly:
        description: How many months keep their newest good backup. Without it there is no such rule.
        type: int
      verified:
        description: How many of the newest backups that were restored in a drill are kept, however old they are.
        type: int
        default: 3
      minimum_age_hours:
        description: Backups that are younger than this stay in any case.
        type: int
        default: 24
      orphan_grace_hours:
        description: How long after its moment a backup may have been stored without being late.
        type: int
        default: 48
  seal_key:
    description:
      - Key by which the machine signs what it writes, C(BACKUP_<ENVIRONMENT>_SEAL) of the credentials file.
      - With it, what is not signed is not copied. Without it, everything is.
    type: str
  outage_seconds:
    description: How long a store that does not answer is waited for.
    type: int
    default: 90
  report:
    description:
      - Whether what has a copy is written below the source's prefix, in C(copy.json). The machine that writes the backups lists it and
        publishes its age as a metric, if O(seal_key) is its own. It changes no backup, so it is no change.
    type: bool
    default: false
requirements:
  - boto3 1.26 or later
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
author:
  - The Plannerate infrastructure team (@plannerate)
"""

EXAMPLES = r"""
- name: Keep a second copy with another provider
  plannerate.infra.s3_backup_copy:
    source:
      bucket: backups
      prefix: production
      access_key: "{{ rotator_access_key }}"
      secret_key: "{{ rotator_secret_key }}"
    target:
      bucket: copies
      prefix: production
      endpoint: https://s3.other.example.com
      access_key: "{{ copy_access_key }}"
      secret_key: "{{ copy_secret_key }}"
    retention:
      daily: 30
      monthly: 12
"""

RETURN = r"""
copied:
  description: Backups that were copied, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    database:
      description: Name of the database.
      type: str
    system:
      description: System identifier of the PostgreSQL cluster that it came from.
      type: str
    id:
      description: Id of the backup.
      type: str
    bytes:
      description: Size of its objects.
      type: int
proven:
  description: Ids of the backups whose good verdict was copied, or would be in check mode.
  returned: always
  type: list
  elements: str
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import report
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.copy import Copy
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.parameters import (
    PLACE,
    RETENTION,
    authority,
    opened,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import BOTO3_ERROR, Store

WHERE = ("endpoint", "bucket")


def open_store(module: AnsibleModule, name: str) -> Store:
    params = {key: module.params[key] for key in ("seal_key", "outage_seconds")}
    place: dict[str, Any] = module.params[name]
    return opened({**params, **place, "ca_file": authority(module.tmpdir, place["ca_certificate"])})


def run(module: AnsibleModule) -> None:
    source, target = module.params["source"], module.params["target"]
    if [source[name] for name in WHERE] == [target[name] for name in WHERE]:
        raise UsageError(
            f"source and target are the same bucket, {source['bucket']}: whoever may delete there deletes both. Expected another bucket"
        )
    store = open_store(module, "source")
    copy = Copy(store, source["prefix"], open_store(module, "target"), target["prefix"], module.params["retention"])
    if not module.check_mode:
        try:
            copy.carry_out()
        finally:
            # Also beside one that cannot be copied.
            if module.params["report"]:
                report.write(store, source["prefix"], report.COPY, copy.report(), datetime.now(timezone.utc))
    module.exit_json(**copy.result())


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "dict", "required": True, "options": PLACE},
            "target": {"type": "dict", "required": True, "options": PLACE},
            "retention": {"type": "dict", "options": RETENTION},
            "seal_key": {"type": "str", "no_log": True},
            "outage_seconds": {"type": "int", "default": 90},
            "report": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if BOTO3_ERROR:
        module.fail_json(msg=missing_required_lib("boto3"), exception=BOTO3_ERROR)
    try:
        run(module)
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
