#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_backup_rotation
short_description: Deletes the backups below a prefix that no rule keeps
version_added: 0.1.0
description:
  - Looks at every backup below a prefix of a bucket and deletes those that the retention does not keep, each database by itself.
  - A rule of time keeps the newest good backup of each of the last periods that have one, so nothing expires while no new
    backups are made. Damaged and future-dated backups hold no place and count for nothing.
  - Nothing is deleted when a manifest is unreadable, when nothing restorable of a database would be left, when this
    machine's clock and the store's differ too much, or when the store contradicts itself. What a listing leaves out is looked at directly.
  - A backup that was verified in a drill goes when a rotation a day before found too that no rule keeps it. That is noted in the
    object C(index.json) in the database's directory.
  - Manifests go first, so an interrupted rotation leaves nothing that looks whole. What has no manifest is swept after a time
    of grace, and so are unfinished uploads.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  prefix:
    description: What the keys of the backups begin with. It must not be empty, and it ends at a slash.
    type: str
    required: true
  access_key:
    description: Access key of a credential that may list, read, write and delete.
    type: str
    required: true
  secret_key:
    description: Secret key that belongs to O(access_key).
    type: str
    required: true
  seal_key:
    description:
      - Key by which the machine signs what it writes, C(BACKUP_<ENVIRONMENT>_SEAL) of the credentials file.
      - With it, what is not signed takes no place of the retention from what is. Without it, everything counts.
    type: str
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
  ca_file:
    description: File with the certificates of the authorities that the store's certificate may come from. Without it, the system's.
    type: path
  ca_certificate:
    description: The same certificates as a text.
    type: str
  outage_seconds:
    description: How long a store that does not answer is waited for.
    type: int
    default: 90
  clock_limit_seconds:
    description: By how much this machine's clock and the store's may differ.
    type: int
    default: 300
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
    description: How long what has no manifest, and an unfinished upload, is left alone.
    type: int
    default: 48
  report:
    description:
      - Whether what was found is written below the prefix, in C(rotation.json). The machine that writes the backups publishes it as
        metrics, if O(seal_key) is its own. It changes no backup, so it is no change.
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
    support: full
  platform:
    platforms: posix
author:
  - The Plannerate infrastructure team (@plannerate)
"""

EXAMPLES = r"""
- name: Keep thirty days and twelve months
  plannerate.infra.s3_backup_rotation:
    bucket: backups
    prefix: production
    access_key: "{{ rotator_access_key }}"
    secret_key: "{{ rotator_secret_key }}"
    daily: 30
    monthly: 12
"""

RETURN = r"""
deleted:
  description: Backups that were deleted, or would be in check mode.
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
      description: Id of the backup, which begins with the moment at which it was begun.
      type: str
    state:
      description: V(verified), V(good), V(damaged) or V(orphan).
      type: str
    bytes:
      description: Size of its objects.
      type: int
    reason:
      description: Why it goes, or in RV(kept) why it stays.
      type: str
kept:
  description: Backups that stay, with the same keys.
  returned: always
  type: list
  elements: dict
aborted:
  description: Keys of unfinished uploads that were given up, or would be in check mode.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import report
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.rotation import Rotation
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.parameters import (
    PLACE,
    RETENTION,
    authority,
    opened,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import BOTO3_ERROR, Store


def open_store(params: Mapping[str, Any]) -> Store:
    return opened(params)


def run(module: AnsibleModule, store: Store) -> None:
    rotation = Rotation(store, module.params["prefix"], {name: module.params[name] for name in RETENTION})
    result = rotation.result()
    for warning in result.pop("warnings"):
        module.warn(warning)
    result["diff"] = {"before": _shown(result["kept"] + result["deleted"]), "after": _shown(result["kept"])}
    if not module.check_mode:
        rotation.carry_out()
        if module.params["report"]:
            report.write(
                store, module.params["prefix"], report.ROTATION, rotation.figures(), datetime.now(timezone.utc)
            )
    module.exit_json(**result)


def _shown(backups: Iterable[Mapping[str, Any]]) -> str:
    return "".join(sorted(f"{one['system']}/{one['database']}/{one['id']}\n" for one in backups))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **PLACE,
            "seal_key": {"type": "str", "no_log": True},
            "ca_file": {"type": "path"},
            "outage_seconds": {"type": "int", "default": 90},
            "clock_limit_seconds": {"type": "int", "default": 300},
            **RETENTION,
            "report": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("ca_file", "ca_certificate")],
        supports_check_mode=True,
    )
    if BOTO3_ERROR:
        module.fail_json(msg=missing_required_lib("boto3"), exception=BOTO3_ERROR)
    try:
        file = module.params["ca_file"] or authority(module.tmpdir, module.params["ca_certificate"])
        run(module, open_store({**module.params, "ca_file": file}))
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
