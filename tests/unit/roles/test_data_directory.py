# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is above a data directory may be a mount, or /: it keeps its owner and its rights."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT


@pytest.mark.parametrize("file", ["postgres_primary/tasks/initialise.yml", "postgres_replica/tasks/clone.yml"])
def test_only_what_is_missing_is_made(file, tmp_path):
    tasks = yaml.safe_load((ROOT / "roles" / file).read_text())
    files = [task["ansible.builtin.file"]["path"] for task in tasks if "ansible.builtin.file" in task]
    assert not [path for path in files if "dirname" in path]
    (argv,) = [
        words
        for task in tasks
        for words in [task.get("ansible.builtin.command", {}).get("argv", [])]
        if words[:1] == ["install"]
    ]
    mount = tmp_path / "mount"
    mount.mkdir(mode=0o750)
    mount.chmod(0o750)
    wanted = mount / "15" / "main.incoming"
    # As whoever runs this, in the place of postgres.
    here = {"--owner=postgres": f"--owner={os.getuid()}", "--group=postgres": f"--group={os.getgid()}"}
    argv = [here.get(word, word) for word in argv[:-1]] + [str(wanted)]
    for _again in range(2):
        subprocess.run(argv, check=True, umask=0o077)
    assert [path.stat().st_mode & 0o777 for path in (mount, mount / "15", wanted)] == [0o750, 0o755, 0o700]
