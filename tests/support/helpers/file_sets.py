# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of files as the action plugin sends them to the machine, and what is on the disk."""

from __future__ import annotations

import os
import stat

ROOT = os.geteuid() == 0
OWNER, GROUP = str(os.geteuid()), str(os.getegid())


def entry(path, content=None, **more):
    if content is not None:
        more = {"state": "file", "content": content, "mode": "0644", **more}
    mode = {"directory": "0755"}.get(more.get("state", ""), "0644")
    return {"path": str(path), "owner": OWNER, "group": GROUP, "mode": mode, **more}


def there(path, text):
    """A file that exists already."""
    path.write_text(text)
    path.chmod(0o644)


def tree(directory):
    """Everything below a directory: kind, mode and content by name."""
    found = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        what = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(directory))] = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), what)
    return found
