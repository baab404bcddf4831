# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in the lab now: roles of PostgreSQL, users, groups, files and sudo of its machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from support.helpers.lab import Host
from support.hostile.links import VICTIMS
from support.hostile.rights import File, Rights

ROLES = """
SELECT 'role ' || rolname, unnest(ARRAY['is there', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
  CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
  CASE WHEN rolcanlogin THEN 'LOGIN' END]) FROM pg_roles
UNION ALL SELECT 'role ' || member::regrole, 'member of ' || roleid::regrole FROM pg_auth_members
UNION ALL SELECT 'role ' || datdba::regrole, 'owns the database ' || datname FROM pg_database
UNION ALL SELECT 'role ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type || ' on ' || datname
  FROM pg_database, aclexplode(datacl)
"""
IN_A_DATABASE = """
SELECT 'role ' || nspowner::regrole, 'owns the schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_t'
UNION ALL SELECT 'role ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
  privilege_type || ' on the schema ' || nspname
  FROM pg_namespace, aclexplode(nspacl) WHERE nspname !~ '^pg_t'
UNION ALL SELECT 'role ' || proowner::regrole, 'owns ' || p.oid::regprocedure
  FROM pg_proc p WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace
"""
DATABASES = ("postgres", "plannerate_production", "plannerate_staging")
GUARDED = "SET search_path = pg_catalog; SET role = none; "
USERS = "getent passwd | cut -d: -f1 | while read user; do id -Gn $user | tr ' ' '\\n' | sed \"s/^/$user /\"; done"
PLACES = "/etc /root /home /opt /usr/local"
# The members' own directories and what containers store belong to others than root, and files come and go there; so do Ansible's own.
ELSEWHERE = " -o ".join(f"-path '{path}'" for path in ("/etc/postgresql", VICTIMS, "*/storage", "/home/*/.ansible"))
# Nor are containers' layers the machine's.
RUN_AS = "\\( -path /proc -o -path /var/lib/docker -o -path /var/lib/containerd \\) -prune -o -type f -perm /6000"
PRINT = "-printf '%u %g %m %p\\n'"
FILES = (
    f"find {PLACES} -xdev \\( {ELSEWHERE} \\) -prune "
    f"-o \\( -type f -o -type d \\) {PRINT}; find / -xdev {RUN_AS} {PRINT}; true"
)
CONTENTS = (
    "find /etc/sudoers /etc/sudoers.d /etc/passwd /etc/group /etc/cron* /var/spool/cron /etc/pam.d /etc/profile.d /etc/ld.so.* "
    "/etc/systemd/system /etc/ssh /root/.ssh /home/*/.ssh /usr/local/bin /usr/local/sbin -xdev -type f -print0 2>/dev/null "
    "| xargs -0 sha256sum"
)


def look(machines: dict[str, Host], sql: Callable[..., str], port: int) -> Rights:
    """:arg port: of the primary."""
    facts: dict[str, set[str]] = defaultdict(set)
    for database in DATABASES:
        for line in sql(f"{GUARDED}{IN_A_DATABASE}", port, database).splitlines():
            subject, fact = line.split("|", 1)
            facts[subject].add(f"{fact} of {database}")
    for line in sql(f"{GUARDED}{ROLES}", port).splitlines():
        subject, fact = line.split("|", 1)
        if fact:
            facts[subject].add(fact)
    files: dict[str, File] = {}
    contents: dict[str, str] = {}
    for name, machine in machines.items():
        for line in machine.check_output(USERS).splitlines():
            user, group = line.split(" ", 1)
            facts[f"{name}: user {user}"].add(f"in the group {group}")
        for line in machine.check_output(FILES).splitlines():
            owner, group, mode, path = line.split(" ", 3)
            files[f"{name}: {path}"] = File.read(f"{owner} {group} {mode}")
        for line in machine.check_output(CONTENTS).splitlines():
            checksum, path = line.split("  ", 1)
            contents[f"{name}: {path}"] = checksum
    return Rights(dict(facts), files, contents)
