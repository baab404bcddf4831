# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discovery reads as root, and what it reads comes into files of the user postgres: it reads what that user may read, and no more."""

from __future__ import annotations

import os
import pwd
import signal

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import (
    MANAGED,
    inspect_config_directory,
)
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.data_directory import inspect_data_directory
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root reads what others may not")
NOBODY = pwd.getpwnam("nobody")
NAMELESS = 54321


@pytest.fixture
def tmp_path(tmp_path):
    """One that lets everybody through, as a machine's directories do."""
    for path in [tmp_path, *tmp_path.parents[:2]]:
        path.chmod(0o755)
    return tmp_path


@pytest.fixture
def write():
    """A function that writes one file; all directories and files have exactly the modes that a test wants, whatever the umask."""
    umask = os.umask(0)

    def write(path, text="secret\n", owner=0, group=0, mode=0o600):
        path.write_text(text)
        os.chown(path, owner, group)
        path.chmod(mode)
        return path

    yield write
    os.umask(umask)


@pytest.fixture
def theirs(tmp_path, write):
    """A directory of nobody, who owns the one above as well."""
    above = tmp_path / "postgresql"
    for path in (above, above / "pg_main"):
        path.mkdir(0o755)
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return above / "pg_main"


@pytest.fixture(autouse=True)
def _as_before():
    """Whatever was read, the rights of root are there again."""
    before = os.getresuid(), os.getresgid(), os.getgroups()
    yield
    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before


@pytest.mark.parametrize(
    ("mode", "group", "rules"), [(0o600, 0, None), (0o640, NOBODY.pw_gid, ["secret"]), (0o604, 0, ["secret"])]
)
def test_a_link_of_its_owner_shows_nothing_that_the_owner_may_not_read(theirs, tmp_path, write, mode, group, rules):
    """What is read goes into the member's access rules, which its owner reads."""
    secret = write(tmp_path / "credentials", group=group, mode=mode)
    (theirs / "pg_hba.conf.adopted").symlink_to(secret)
    assert inspect_config_directory(str(theirs))["adopted_rules"] == rules
    assert read_file(str(secret), NOBODY.pw_uid) == (rules and "secret\n")
    assert read_file(str(secret)) == "secret\n", "root's own directory"


def test_a_file_that_everybody_may_read_in_a_closed_directory_stays_there(theirs, tmp_path, write):
    closed = tmp_path / "plannerate"
    closed.mkdir(0o700)
    secret = write(closed / "credentials", mode=0o644)
    (theirs / "pg_hba.conf.adopted").symlink_to(secret)
    assert inspect_config_directory(str(theirs))["adopted_rules"] is None
    assert read_file(str(secret), NOBODY.pw_uid) is None


def test_a_link_in_place_of_the_directory_gives_no_more(theirs, tmp_path, write):
    """It leads to one of root's, whose files root would read."""
    roots = tmp_path / "system"
    roots.mkdir(0o755)
    write(roots / "pg_hba.conf.adopted")
    theirs.rmdir()
    theirs.symlink_to(roots)
    assert inspect_config_directory(str(theirs))["adopted_rules"] is None


@pytest.mark.parametrize("name", ["pipe", "circle", "directory"])
def test_what_is_no_file_is_neither_waited_for_nor_an_error(theirs, name):
    path = theirs / "pg_hba.conf.adopted"
    {"pipe": os.mkfifo, "circle": lambda path: path.symlink_to(path), "directory": os.mkdir}[name](path)

    def waited(*_):
        raise AssertionError(f"still waits for {path}")

    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(5)
    try:
        assert inspect_config_directory(str(theirs))["adopted_rules"] is None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_a_link_where_everybody_may_write_is_not_followed(tmp_path, write):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "file").symlink_to(write(tmp_path / "credentials"))
    assert read_file(str(shared / "file")) is None


@pytest.mark.parametrize("owner", [NOBODY.pw_uid, NAMELESS])
def test_a_member_on_another_disk_is_read(theirs, tmp_path, write, owner):
    """The link that leads there is the user's own, and so are the files; of a restored disk, the user may have no name here."""
    disk = tmp_path / "disk"
    os.chown(theirs.parent, owner, NOBODY.pw_gid)
    theirs.rmdir()
    theirs.symlink_to(disk)
    for path in (disk, disk / "global"):
        path.mkdir(0o700)
        os.chown(path, owner, NOBODY.pw_gid)
    for name, text in (
        ("PG_VERSION", "15\n"),
        ("postgresql.auto.conf", "work_mem = '1MB'\n"),
        ("global/pg_control", ""),
    ):
        write(disk / name, text, owner, NOBODY.pw_gid)
    data = inspect_data_directory(str(theirs), "/nowhere")
    assert (data["state"], data["version"], data["auto_conf"]) == ("complete", 15, ["work_mem"])


@pytest.mark.parametrize("owner", [0, NOBODY.pw_uid])
def test_files_that_only_their_group_may_read_are_read(theirs, write, owner):
    """An administrator's own, and Debian's: root:postgres or postgres:postgres, in a directory of postgres."""
    write(theirs / "postgresql.conf", f"{MANAGED}\n", owner, NOBODY.pw_gid, 0o640)
    hba = write(theirs / "pg_hba.conf", "host all all all md5\n", owner, NOBODY.pw_gid, 0o640)
    assert inspect_config_directory(str(theirs))["managed"]
    assert read_file(str(hba), NOBODY.pw_uid) == "host all all all md5\n"
    assert read_file(str(theirs / "missing")) is None and read_file(str(theirs / "missing" / "file")) is None


def test_a_link_of_roots_own_is_a_way(tmp_path, write):
    """As /etc/os-release is one."""
    (tmp_path / "way").symlink_to("system")
    (tmp_path / "system").mkdir(0o700)
    write(tmp_path / "system" / "os-release", "ID=debian\n")
    (tmp_path / "os-release").symlink_to("way/os-release")
    assert read_file(str(tmp_path / "os-release")) == "ID=debian\n"


def test_rights_that_cannot_be_taken_leave_those_of_root(theirs, write, monkeypatch):
    path = write(theirs / "postgresql.conf", mode=0o644)
    take = os.seteuid

    def refuse(number):
        if number:
            raise OSError("no such user in this container")
        take(number)

    monkeypatch.setattr(os, "seteuid", refuse)
    with pytest.raises(OSError, match="no such user"):
        read_file(str(path))
