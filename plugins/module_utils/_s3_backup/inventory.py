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
        ``endpoint``, the four keys, ``exclude_table_data``, ``scratch_directory``, ``encryption``, ``recipients``, ``keep_daily`` and
        ``keep_verified``.
    """
    result = []
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
