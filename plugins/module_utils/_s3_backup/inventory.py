# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the inventory's backups cannot work. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REQUIRED = ("bucket", "prefix", "writer_access_key", "writer_secret_key", "rotator_access_key", "rotator_secret_key")
# systemd-sysusers takes no dot, and 31 characters.
_ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]{1,25}")
_AT_LEAST_ONE = ("keep_daily", "keep_verified")
# The units have an empty one of their own, or none.
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")


def problems(wanted: Mapping[str, Any]) -> list[str]:
    """Every reason why backups cannot work, each as one sentence with what was found and what to do.

    :arg wanted: the role's variables without their prefix ``s3_backup_``: ``environment``, ``databases``, ``bucket``, ``prefix``,
        ``endpoint``, the four keys, ``exclude_table_data``, ``scratch_directory``, ``encryption``, ``recipients``, ``keep_daily``,
        ``keep_verified``, ``rotator``, and of the second copy ``copy_bucket``, ``copy_endpoint`` and its two keys. And ``machines``: the
        names of the inventory, and ``writers``: those of the machines that write backups.
    """
    result = [*_rotator_problems(wanted), *_copy_problems(wanted)]
    if not _ENVIRONMENT.fullmatch(wanted["environment"]):
        result.append(
            f"s3_backup_environment is {wanted['environment']}, expected at most 25 letters, digits, _ and -: the Unix user drill-<name> "
            "loads its backups in a drill"
        )
    if not wanted["databases"]:
        result.append("s3_backup_databases is empty, expected at least one database (postgres_primary_databases)")
    result += [f"s3_backup_{name} is empty, expected a value" for name in _REQUIRED if not wanted[name]]
    if wanted["endpoint"] and not wanted["endpoint"].startswith("https://"):
        result.append(f"s3_backup_endpoint is {wanted['endpoint']}, expected a URL that begins with https://")
    result += [
        f"s3_backup_{name} is less than 1, which would keep nothing. Expected 1 or more"
        for name in _AT_LEAST_ONE
        if int(wanted[name]) < 1
    ]
    result += [
        f"s3_backup_exclude_table_data has {name}, expected schema.table, in which * stands for anything"
        for name in wanted["exclude_table_data"]
        if "." not in name
    ]
    if wanted["encryption"] == "age" and not wanted["recipients"]:
        result.append(
            "s3_backup_recipients is empty, expected at least one public age key whose private half is kept away from the machines: the "
            'drill\'s own key is lost with its machine, and the backups would be with it. Write the line after "Public key:" that '
            "age-keygen prints, or s3_backup_encryption: none"
        )
    scratch = wanted["scratch_directory"]
    if any(f"{scratch}/".startswith(f"{hidden}/") for hidden in _HIDDEN):
        result.append(
            f"s3_backup_scratch_directory is {scratch}, which the drill's unit does not see. Expected a directory outside of "
            f"{', '.join(_HIDDEN)}"
        )
    if wanted["writer_access_key"] and wanted["writer_access_key"] == wanted["rotator_access_key"]:
        result.append(
            "the writer and the rotator have the same access key, expected one each: only the rotator may delete"
        )
    return result


def _rotator_problems(wanted):
    if wanted["rotator"] not in ("localhost", *wanted["machines"]):
        yield (
            f"s3_backup_rotator is {wanted['rotator'] or 'empty'}, expected localhost (whoever runs playbooks/rotate_backups.yml) or a "
            "machine of the inventory"
        )


def _copy_problems(wanted):
    if not wanted["copy_bucket"]:
        return
    for name in ("copy_access_key", "copy_secret_key"):
        if not wanted[name]:
            yield f"s3_backup_{name} is empty, expected the key of the bucket {wanted['copy_bucket']}"
    if wanted["copy_access_key"] and wanted["copy_access_key"] in (
        wanted["writer_access_key"],
        wanted["rotator_access_key"],
    ):
        yield "the second copy has the access key of the writer or the rotator, expected one of its own: whoever has it could delete both"
    if (wanted["copy_bucket"], wanted["copy_endpoint"]) == (wanted["bucket"], wanted["endpoint"]):
        yield f"s3_backup_copy_bucket is {wanted['bucket']}, where the backups are already. Expected another bucket"
    if wanted["copy_endpoint"] and not wanted["copy_endpoint"].startswith("https://"):
        yield f"s3_backup_copy_endpoint is {wanted['copy_endpoint']}, expected a URL that begins with https://"
    if wanted["rotator"] in wanted["writers"]:
        yield (
            f"s3_backup_rotator is {wanted['rotator']}, which writes the backups and would have the key of their second copy. Expected "
            "localhost or another machine"
        )
