#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_backup_physical_expiry
short_description: Deletes the physical backups of a cluster that are too old
version_added: 0.1.0
description:
  - Plans which full backups in a repository of pgBackRest are too old, verifies the repository, and deletes them with what depends on them
    and the WAL from before the first one that is left.
  - Those of the last days stay, and the newest older one from which something can be restored, since the first of these days needs it.
  - Nothing is deleted while a backup is under way on another machine, when one was made or deleted since it was planned,
    when C(pgbackrest verify) finds anything wrong in the repository, when no backup would be left that it found whole and
    of which no WAL is missing, or when a backup is of the future.
  - The repository is read as a whole before something is deleted, and only then.
  - A cluster whose segments are smaller than the usual 16 MiB is refused.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  prefix:
    description: What the keys of the repository begin with.
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
  passphrase:
    description: Passphrase of the repository. Whoever has it can read the backups.
    type: str
    required: true
  stanza:
    description: Name of the cluster in the repository.
    type: str
    default: main
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
    description: Certificates of the authorities that the store's may come from, as a text. Without it, the system's.
    type: str
  keep_days:
    description: How many days stay.
    type: int
    default: 14
  processes:
    description: How many processes read the repository.
    type: int
    default: 2
requirements:
  - pgbackrest, not older than the one that made the backups
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
- name: Keep a fortnight
  plannerate.infra.s3_backup_physical_expiry:
    bucket: backups
    prefix: physical
    access_key: "{{ expiring_access_key }}"
    secret_key: "{{ expiring_secret_key }}"
    passphrase: "{{ passphrase }}"
    keep_days: 14
"""

RETURN = r"""
kept:
  description: Labels of the full backups that stay, oldest first.
  returned: always
  type: list
  elements: str
deleted:
  description: Labels of the full backups that were deleted, or would be in check mode, with what depends on them.
  returned: always
  type: list
  elements: str
postponed:
  description:
    - Labels of backups that are under way or were interrupted, or were made or deleted by somebody else since it was planned.
    - Where there are some, nothing more is deleted; it is planned anew by the next run.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import expire
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.parameters import PLACE, authority


def repository_of(params: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """As :func:`settings.repository_file` takes it."""
    names = (
        "stanza",
        "bucket",
        "prefix",
        "region",
        "path_style",
        "access_key",
        "secret_key",
        "passphrase",
        "keep_days",
    )
    return {
        **{name: params[name] for name in names},
        "endpoint": params["endpoint"] or "",
        "ca_file": authority(directory, params["ca_certificate"]) or "",
        "process_max": params["processes"],
    }


def run(module: AnsibleModule) -> None:
    if not module.get_bin_path("pgbackrest"):
        module.fail_json(
            msg="pgbackrest is not installed on the machine that expires (s3_backup_rotator), expected the version of the members' machines"
        )
    version = module.run_command(["pgbackrest", "version"], check_rc=True)[1]
    program = expire.prepared(module.tmpdir, repository_of(module.params, module.tmpdir), version)
    kept, gone, postponed = expire.expire(program, module.params["keep_days"], delete=not module.check_mode)
    if postponed:
        module.warn(
            f"nothing {'more ' if gone else ''}was deleted, since a backup is under way, was interrupted, or was made or deleted "
            "meanwhile: " + ", ".join(postponed)
        )
    diff = {"before": _shown([*gone, *kept]), "after": _shown(kept)}
    module.exit_json(changed=bool(gone), kept=kept, deleted=gone, postponed=postponed, diff=diff)


def _shown(labels: Iterable[str]) -> str:
    return "".join(f"{label}\n" for label in sorted(labels))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **PLACE,
            "passphrase": {"type": "str", "required": True, "no_log": True},
            "stanza": {"type": "str", "default": "main"},
            "keep_days": {"type": "int", "default": 14},
            "processes": {"type": "int", "default": 2},
        },
        supports_check_mode=True,
    )
    if module.params["keep_days"] < 1:
        module.fail_json(msg=f"keep_days is {module.params['keep_days']}, which would keep nothing. Expected 1 or more")
    try:
        run(module)
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
