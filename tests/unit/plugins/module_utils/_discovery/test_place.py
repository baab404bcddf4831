# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A data directory below a mount is fine; the mount itself, a missing one, and one directly below / are not."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.data_directory import inspect_data_directory
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.place import mount_points, problem

MOUNTED = ["/", "/proc", "/srv/pg"]
LISTED = ["/", "/srv/pg", "/pgdata"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/srv/pg/main", ""),
        ("/srv/pg/15/main", ""),
        ("/var/lib/postgresql/15/pg_main", ""),
        ("/srv/pg", "is a mount point, expected a directory below one"),
        ("/srv/pg/", "such as to /srv/pg/data"),
        ("/pgdata", "is a mount point"),
        ("/pgdata/15/main", "Mount it: mount /pgdata"),
        ("/data", "is directly below /"),
        ("/data/15/main", "is below /data, which does not exist"),
    ],
)
def test_where_a_data_directory_can_be(path, words):
    found = problem(path, MOUNTED, LISTED, {"/srv", "/var", "/pgdata"}.__contains__)
    assert bool(found) is bool(words) and words in (found or "")


def test_mount_points_are_read_as_the_system_writes_them():
    fstab = "# /dev/sda1 /old ext4\nUUID=1 / ext4 defaults 0 1\nUUID=2 /my\\040disk/ ext4\nUUID=3 none swap sw\n\n"
    assert mount_points(fstab, 1) == ["/", "/my disk"]
    assert mount_points("22 28 0:21 / /my\\040disk rw - sysfs sysfs rw\n", 4) == ["/my disk"]


@pytest.mark.parametrize(
    ("mounted", "listed", "names", "found"),
    [
        (True, False, ["lost+found"], "is a mount point"),
        (True, True, [], "is a mount point"),
        (False, True, [], "is a mount point"),
        (True, True, ["PG_VERSION", "global/pg_control"], None),
        (False, False, [], None),
    ],
)
def test_the_machine_is_asked(tmp_path, mounted, listed, names, found):
    directory = tmp_path / "disk"
    for name in names:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).touch()
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "mountinfo").write_text(f"9 1 8:1 / {directory} rw - ext4 /dev/sdb1 rw\n" * mounted)
    (tmp_path / "fstab").write_text(f"/dev/sdb1 {directory} ext4 defaults 0 2\n" * listed)
    data = inspect_data_directory(str(directory), str(tmp_path / "proc"), str(tmp_path / "fstab"))
    assert found in (data["detail"] or "") if found else data["detail"] is None
    assert data["data_present"] is bool(names)
