# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one member reaches another: with the replication role, its password file, and TLS that verifies the name. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member


class Login(TypedDict):
    """How the replication role logs in, the same on every machine."""

    user: str
    passfile: str
    ca_certificate: str


def primary_conninfo(primary: Member, standby: str, login: Login) -> str:
    """The connection on which a standby streams from a primary, which knows it by its name."""
    return _conninfo({**_place(primary), "user": login["user"], "application_name": standby, **_secured(login)})


def start_guard_conninfo(peer: Member, login: Login) -> str:
    """The connection on which the start guard asks a peer what it is."""
    return _conninfo(
        {
            **_place(peer),
            "dbname": "postgres",
            "user": login["user"],
            **_secured(login),
            "connect_timeout": 3,
            "application_name": "start-guard",
        }
    )


def standby_file(primary: Member, standby: Member, login: Login) -> str:
    """Content of the configuration file that lets a member follow another one."""
    return (
        "# Ansible managed\n"
        f"primary_conninfo = '{primary_conninfo(primary, standby['name'], login)}'\n"
        f"primary_slot_name = '{standby['slot']}'\n"
        "recovery_target_timeline = 'latest'\n"
    )


def detached_file(primary: str) -> str:
    """Content of the same file that lets a member follow nobody, and tells whom it followed.

    :arg primary: name of a member.
    """
    return (
        f"# A failover detached this member from {primary}. Until it is attached again it streams from nobody, so it confirms no\n"
        "# commit. The failover playbook finishes what was begun; a converge or the rejoin playbook attaches it again.\n"
        "primary_conninfo = ''\n"
        "primary_slot_name = ''\n"
        "recovery_target_timeline = 'latest'\n"
        f"plannerate.detached_from = '{primary}'\n"
    )


def standby_files(members: Sequence[Member], login: Login) -> dict[str, dict[str, str]]:
    """The same for every pair: by the name of the primary, then of the standby. Any member may be the primary one day."""
    return {
        primary["name"]: {
            standby["name"]: standby_file(primary, standby, login)
            for standby in members
            if standby["name"] != primary["name"]
        }
        for primary in members
    }


def _place(member: Member) -> dict[str, object]:
    return {"host": member["machine"], "hostaddr": member["address"], "port": member["port"]}


def _secured(login: Login) -> dict[str, object]:
    return {"passfile": login["passfile"], "sslmode": "verify-full", "sslrootcert": login["ca_certificate"]}


def _conninfo(keywords: dict[str, object]) -> str:
    return " ".join(f"{keyword}={value}" for keyword, value in keywords.items())
