# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt, the kernel and the processes say is read as they mean it."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.updates import (
    matching,
    newer,
    newer_kernel,
    policies,
    runs_replaced_files,
    security_updates,
    simulation,
    why_not,
)

POLICY = """\
postgresql-15:
  Installed: 15.14-0+deb12u1
  Candidate: 15.15-0+deb12u1
  Version table:
     15.15-0+deb12u1 500
        500 http://archive.test/debian-security bookworm-security/main amd64 Packages
 *** 15.14-0+deb12u1 100
        100 /var/lib/dpkg/status
haproxy:
  Installed: 2.8.5-1ubuntu3
  Candidate: 2.8.5-1ubuntu3.3
  Version table:
     2.8.5-1ubuntu3.3 500 (phased 20%)
        500 http://archive.test/ubuntu noble-updates/main amd64 Packages
 *** 2.8.5-1ubuntu3 500
        500 http://archive.test/ubuntu noble/main amd64 Packages
pgbouncer:
  Installed: (none)
  Candidate: 1.18.0-1
  Version table:
     1.18.0-1 500
runc:
  Installed: 1.1.5
  Candidate: 1.1.5
  Version table:
 *** 1.1.5 500 (phased 10%)
"""


def test_only_what_is_installed_and_has_another_candidate_is_newer():
    found = policies(POLICY)
    assert newer(found) == ["postgresql-15", "haproxy"]
    assert found["postgresql-15"] == {"installed": "15.14-0+deb12u1", "candidate": "15.15-0+deb12u1", "phased": None}
    assert found["pgbouncer"]["installed"] is None
    assert policies("") == {}


@pytest.mark.parametrize(
    ("name", "phased", "held", "reason"),
    [
        ("docker.io", None, [], None),
        ("docker.io", None, ["docker.io"], "held on the machine (apt-mark unhold)"),
        ("docker.io", 20, [], "phased, meant for 20 % of machines so far"),
        ("docker.io", 0, [], "phased, meant for 0 % of machines so far"),
        ("docker.io", 100, [], None),
        ("docker.io", 20, ["docker.io"], "held on the machine (apt-mark unhold)"),
    ],
)
def test_what_an_update_waits_for(name, phased, held, reason):
    assert why_not(name, {"installed": "1", "candidate": "2", "phased": phased}, held) == reason


def test_the_phase_is_that_of_the_candidate():
    assert {name: each["phased"] for name, each in policies(POLICY).items()} == {
        "postgresql-15": None,
        "haproxy": 20,
        "pgbouncer": None,
        "runc": 10,
    }


def test_what_comes_along_is_an_update_and_what_goes_is_named():
    text = """\
Reading package lists...
Remv exim4 [4.96]
Purg mailx [1]
Inst libpq5 [15.14-0+deb12u1] (15.15-0+deb12u1 Debian-Security:12/oldstable-security [amd64]) []
Inst postgresql-15 [15.14-0+deb12u1] (15.15-0+deb12u1 Debian-Security:12/oldstable-security [amd64])
Inst linux-image-6.1.0-31-amd64 (6.1.128-1 Debian:12/oldstable [amd64])
Conf libpq5 (15.15-0+deb12u1 Debian-Security:12/oldstable-security [amd64])
"""
    assert simulation(text) == {
        "updates": [
            {"name": "libpq5", "installed": "15.14-0+deb12u1", "candidate": "15.15-0+deb12u1"},
            {"name": "postgresql-15", "installed": "15.14-0+deb12u1", "candidate": "15.15-0+deb12u1"},
            {"name": "linux-image-6.1.0-31-amd64", "installed": None, "candidate": "6.1.128-1"},
        ],
        "removed": ["exim4", "mailx"],
    }
    assert simulation("0 upgraded, 0 newly installed, 0 to remove and 4 not upgraded.") == {
        "updates": [],
        "removed": [],
    }


def test_names_have_wildcards_as_those_of_files():
    installed = ["postgresql-15", "postgresql-17", "linux-image-amd64", "linux-image-6.1.0-28-amd64", "docker.io"]
    assert matching(installed, ["postgresql-15", "linux-image-*", "dockerXio"]) == [
        "linux-image-6.1.0-28-amd64",
        "linux-image-amd64",
        "postgresql-15",
    ]


@pytest.mark.parametrize(
    ("line", "replaced"),
    [
        ("55d0-55d1 r-xp 000a 00:3a 1234  /usr/lib/postgresql/15/bin/postgres (deleted)", True),
        ("55d0-55d1 r-xp 000a 00:3a 1234  /usr/sbin/haproxy (deleted)", True),
        ("7f00-7f01 r-xp 000a 00:3a 1234  /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)", True),
        ("7f00-7f01 r-xp 000a 00:3a 1234  /lib/x86_64-linux-gnu/libc.so.6 (deleted)", True),
        ("7f00-7f01 r-xp 000a 00:3a 1234  /usr/lib/x86_64-linux-gnu/libssl.so.3", False),
        # Memory, not programs.
        ("7f00-7f01 rw-s 0000 00:01 1234  /dev/zero (deleted)", False),
        ("7f00-7f01 rw-s 0000 00:01 1234  /SYSV0052e2c1 (deleted)", False),
        ("7f00-7f01 r-xp 0000 00:01 1234  /memfd:jit (deleted)", False),
        ("7f00-7f01 r--p 0000 00:01 1234  /usr/lib/locale/locale-archive (deleted)", False),
        ("7f00-7f01 r-xp 0000 00:00 0  [vdso]", False),
    ],
)
def test_a_process_that_runs_what_was_replaced(line, replaced):
    assert runs_replaced_files(f"7f00-7f01 rw-p 0000 00:00 0\n{line}\n") is replaced


@pytest.mark.parametrize(
    ("running", "images", "newest"),
    [
        ("6.1.0-9-amd64", ["vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-28-amd64"], "6.1.0-28-amd64"),
        ("6.1.0-28-amd64", ["vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-28-amd64"], None),
        # Its own image is gone, which happens to old ones.
        ("6.1.0-9-amd64", ["vmlinuz-6.1.0-28-amd64"], "6.1.0-28-amd64"),
        ("6.12.43+deb13-cloud-amd64", ["vmlinuz-6.12.57+deb13-amd64"], None),
        ("6.12.43+deb13-cloud-amd64", ["vmlinuz-6.12.57+deb13-cloud-amd64"], "6.12.57+deb13-cloud-amd64"),
        ("6.8.0-48-generic", ["vmlinuz-6.8.0-51-generic", "vmlinuz", "vmlinuz.old"], "6.8.0-51-generic"),
        ("6.1.0-9-amd64", [], None),
        ("6.1.0-9-amd64", ["config-6.1.0-28-amd64"], None),
    ],
)
def test_a_newer_kernel_of_the_same_flavour(running, images, newest):
    assert newer_kernel(running, images) == newest


PENDING = """\
Reading package lists...
Inst base-files [13.8] (13.9 Debian:13.9/stable [amd64])
Inst libssl3t64 [3.5.4-1] (3.5.5-1 Debian:13.9/stable, Debian-Security:13/stable-security [amd64])
Inst linux-image-6.12.60+deb13-amd64 (6.12.60-1 Debian-Security:13/stable-security [amd64])
Inst linux-image-amd64 [6.12.57-1] (6.12.60-1 Debian-Security:13/stable-security [amd64])
Inst tzdata [1] (2 Ubuntu:24.04/noble-updates [all])
Inst openssl [1] (2 Ubuntu:24.04/noble-updates, Ubuntu:24.04/noble-security [amd64])
Inst runc [1.1] (1.2 Debian-Security:13/stable-security [amd64])
Inst docker.io [26.1.5] (26.1.6 Debian:13.9/stable [amd64])
Inst docker-ce [5:29.0] (5:29.1 Docker CE:trixie [amd64])
Inst postgresql-15 [15.14-1.pgdg] (15.15-1.pgdg apt.postgresql.org:trixie-pgdg [amd64])
Inst other [1] (2 Somebody:1/stable [amd64])
Conf base-files (13.9 Debian:13.9/stable [amd64])
Conf runc (1.2 Debian-Security:13/stable-security [amd64])
"""


def test_security_updates_are_counted_by_who_brings_them():
    """Those that are new come along with one that is upgraded. What the source of a project has counts where it waits for a patch run."""
    everything = security_updates(PENDING, [])
    assert everything == {"unattended-upgrades": 4, "patch": 0}
    excluded = security_updates(PENDING, ["postgresql", "docker", "runc"])
    assert excluded == {"unattended-upgrades": 3, "patch": 3}


def test_where_nothing_is_pending_nothing_is_counted():
    assert security_updates("Reading package lists...\n", ["docker"]) == {"unattended-upgrades": 0, "patch": 0}
