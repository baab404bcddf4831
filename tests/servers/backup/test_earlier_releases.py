# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups that earlier releases made are listed, proven and restored."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys, manifest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.digest import Digest


@pytest.mark.parametrize("mode", ["stream", "directory"])
def test_backups_of_earlier_releases_are_listed_and_restored(site, tmp_path, mode):
    """As they lie in buckets: format 1, without what was counted, named or measured since."""
    site.make("CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g")
    made = site.back_up()
    store = site.store.open()
    directory = keys.backup_directory(site.settings["prefix"], made["system_identifier"], "shop", made["id"])
    new = ("database_bytes", "large_objects", "omissions", "warnings", "checksum")
    document = {name: value for name, value in made.items() if name not in new} | {"format": 1, "mode": mode}
    for name in ("role_settings", "comment", "tablespaces"):
        del document["database_properties"][name]
    if mode == "directory":
        site.dump("--format=directory", f"--file={tmp_path / 'dump'}", "--compress=1")
        document["objects"] = [entry for entry in document["objects"] if entry["name"].startswith("roles")]
        for path in (tmp_path / "dump").iterdir():
            content = Digest()
            content(path.read_bytes())
            store.put(f"{directory}dump/{path.name}", path.read_bytes())
            document["objects"] += manifest.entries([(f"dump/{path.name}", content)], content)
    store.put(directory + keys.MANIFEST, manifest.seal(document))
    (listed,) = site.good("list")["backups"]
    assert listed["state"] == "good"
    if mode == "directory":
        for options in (["--check"], []):
            code, answer = site.command("restore", "--into=copy", *options, restore={"work_directory": "/proc"})
            assert (code, "/proc has 0 B free; the unpacked dump needs" in answer["message"]) == (3, True), answer
        assert site.databases() == {"shop"}, "room is asked for before anything is begun"
    site.good("restore", "--into=copy")
    assert site.say("SELECT count(*) FROM orders", database="copy") == [(1000,)]
    assert site.good("drill")["drills"][0]["rows"] == 1000
