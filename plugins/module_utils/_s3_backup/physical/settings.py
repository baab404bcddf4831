# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgBackRest is told on a machine with members, and what their servers are told about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import UsageError

DIRECTORY = "/etc/pgbackrest/members"
SPOOL = "/var/spool/pgbackrest"
LOGS = "/var/log/pgbackrest"
# How the command begins by which a member's server archives.
COMMAND = f"pgbackrest --config={DIRECTORY}/"

# The first release of pgBackRest that knows a major release of PostgreSQL.
_KNOWS = {16: (2, 48), 17: (2, 52), 18: (2, 55)}
# It has had block incremental since 2.46; what restored them wrongly was mended until then.
_BLOCKS = (2, 51)
_AWS_PORT = 443


def path_of(member: str, directory: str = DIRECTORY) -> str:
    """The configuration of one member. Each has its own: its spool and its locks are nobody else's."""
    return f"{directory}/{member}.conf"


def archive_settings(member: str, stanza: str, timeout: int = 60, directory: str = DIRECTORY) -> dict[str, str]:
    """Settings of a server whose WAL is archived while it is the primary. Only C(archive_mode) needs a restart.

    :arg timeout: seconds after which a segment with a commit in it is archived though it is not full.
    """
    return {
        "archive_mode": "on",
        "archive_command": f'pgbackrest --config={path_of(member, directory)} --stanza={stanza} archive-push "%p"',
        "archive_timeout": f"{timeout}s",
    }


def member_file(
    member: Mapping[str, Any], neighbours: Sequence[Mapping[str, Any]], repository: Mapping[str, Any], version: str
) -> str:
    """C(pgbackrest.conf) for commands of one member, which is the first one in it.

    :arg neighbours: all members of its machine: one of them may be a standby that a backup reads from. Each has C(name), C(port) and
        C(data_directory).
    :arg repository: C(stanza), C(bucket), C(prefix), C(endpoint), C(region), C(path_style), C(ca_file), C(access_key), C(secret_key),
        C(passphrase), C(keep_days), C(queue_max), C(process_max) and C(socket_directory). C(spool) and
        C(logs) are directories, if they are not the usual ones.
    :arg version: of pgBackRest, such as C(2.45).
    :raises UsageError: where a value would be read as something else.
    """
    spool = f"{repository.get('spool', SPOOL)}/{member['name']}"
    lines = [
        "[global]",
        *_lines(_store(repository, version)),
        *_lines(
            {
                "compress-type": "zst",
                "compress-level": 3,
                "process-max": repository["process_max"],
                # A backup begins at once, and ends when what it needs is archived.
                "start-fast": "y",
                "archive-async": "y",
                "archive-push-queue-max": repository["queue_max"],
                # For how long a backup waits for the WAL that it needs.
                "archive-timeout": 600,
                # Whoever deletes has another key and runs by itself.
                "expire-auto": "n",
                "spool-path": f"{spool}/queue",
                "lock-path": f"{spool}/lock",
                "log-path": repository.get("logs", LOGS),
                "log-level-console": "warn",
                "log-level-file": "info",
            }
        ),
        "",
        # The server tries again by itself, and says that it failed only then.
        "[global:archive-push]",
        "archive-timeout=60",
        "",
        f"[{repository['stanza']}]",
    ]
    others = [one for one in neighbours if one["name"] != member["name"]]
    for number, one in enumerate([member, *others], 1):
        lines += _lines(
            {
                f"pg{number}-path": one["data_directory"],
                f"pg{number}-port": one["port"],
                f"pg{number}-socket-path": repository["socket_directory"],
                f"pg{number}-user": "postgres",
            }
        )
    return "\n".join(lines) + "\n"


def repository_file(repository: Mapping[str, Any], version: str, directory: str) -> str:
    """C(pgbackrest.conf) for whoever has the repository and no server, as who expires.

    :arg repository: as for :func:`member_file`, without what is a server's. :arg directory: for its locks.
    """
    lines = _lines(
        {
            **_store(repository, version),
            "process-max": repository["process_max"],
            "lock-path": f"{directory}/lock",
            "log-level-console": "warn",
            "log-level-file": "off",
        }
    )
    return "\n".join(["[global]", *lines, "", f"[{repository['stanza']}]"]) + "\n"


def problems(wanted: Mapping[str, Any], version: str | None, postgres: int) -> list[str]:
    """Why physical backups cannot work, each as one sentence.

    :arg wanted: the repository as for :func:`member_file`. :arg version: of pgBackRest, None where it is not installed yet.
    """
    names = ("bucket", "prefix", "access_key", "secret_key")
    found = [f"s3_backup_physical_{name} is empty, expected a value" for name in names if not wanted[name]]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", wanted["stanza"]):
        found.append(
            f"s3_backup_physical_stanza is {wanted['stanza']!r}, expected letters, digits, _ and -: it is a name of directories"
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", wanted["prefix"]) and wanted["prefix"]:
        found.append(
            f"s3_backup_physical_prefix is {wanted['prefix']!r}, expected names with a / between them, such as physical"
        )
    if "." in wanted["bucket"] and not wanted["path_style"]:
        found.append(
            f"s3_backup_physical_bucket is {wanted['bucket']}: pgBackRest cannot check the certificate of a name with a dot. "
            "Name another bucket, or set s3_backup_path_style"
        )
    if wanted["endpoint"] and not wanted["endpoint"].startswith("https://"):
        found.append(
            f"s3_backup_endpoint is {wanted['endpoint']}, expected a URL that begins with https://: pgBackRest speaks nothing else"
        )
    if wanted["queue_max"] and not re.fullmatch(r"[1-9]\d*(MiB|GiB|TiB)", wanted["queue_max"]):
        found.append(
            f"s3_backup_physical_queue_max is {wanted['queue_max']!r}, expected a size such as 20GiB, or nothing"
        )
    if int(wanted["keep_days"]) < 1:
        found.append("s3_backup_physical_keep_days is less than 1, which would keep nothing. Expected 1 or more")
    least = _KNOWS.get(postgres)
    if version and least and release(version) < least:
        found.append(
            f"pgBackRest {version} does not know PostgreSQL {postgres}, expected {least[0]}.{least[1]} or newer: "
            "take it from where PostgreSQL comes from (postgres_package_source)"
        )
    return found


def release(version: str) -> tuple[int, ...]:
    match = re.search(r"(\d+)\.(\d+)", version)
    if not match:
        raise UsageError(f"{version!r} is no version of pgBackRest, expected one such as 2.45")
    return int(match[1]), int(match[2])


def _store(repository: Mapping[str, Any], version: str) -> dict[str, object]:
    endpoint = urlsplit(repository["endpoint"] or f"https://s3.{repository['region']}.amazonaws.com")
    options: dict[str, object] = {
        "repo1-type": "s3",
        "repo1-path": f"/{repository['prefix']}",
        "repo1-s3-bucket": repository["bucket"],
        "repo1-s3-endpoint": endpoint.hostname,
        "repo1-storage-port": endpoint.port or _AWS_PORT,
        "repo1-s3-region": repository["region"],
        "repo1-s3-uri-style": "path" if repository["path_style"] else "host",
        "repo1-s3-key": repository["access_key"],
        "repo1-s3-key-secret": repository["secret_key"],
        "repo1-storage-ca-file": repository["ca_file"],
        "repo1-cipher-type": "aes-256-cbc",
        "repo1-cipher-pass": repository["passphrase"],
        "repo1-retention-full-type": "time",
        "repo1-retention-full": repository["keep_days"],
        # Small files share objects.
        "repo1-bundle": "y",
    }
    if release(version) >= _BLOCKS:
        options["repo1-block"] = "y"
    return options


def _lines(options: Mapping[str, object]) -> list[str]:
    """Those that have a value."""
    for name, value in options.items():
        if re.search(r"[\r\n]", str(value)) or str(value) != str(value).strip():
            raise UsageError(
                f"the value of {name} has a line break or a blank at its end, which pgBackRest cannot read"
            )
    return [f"{name}={value}" for name, value in options.items() if value not in (None, "")]
