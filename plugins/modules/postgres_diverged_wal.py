#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_diverged_wal
short_description: Keeps what a former PostgreSQL primary wrote that the new one does not have
version_added: 0.1.0
description:
  - A primary that was replaced may hold transactions that reached no standby. C(pg_rewind) discards them, and they may be the only copy.
  - Counts the bytes and the committed transactions past the point where the new primary's timeline began, and copies the WAL segments
    that have them beside the data directory. Where no transaction was committed there, nothing is copied.
  - The data directory is only read.
options:
  name:
    description: Name of the member, for messages.
    type: str
    required: true
  data_directory:
    description: Its data directory.
    type: path
    required: true
  bin_directory:
    description: Directory of the programs C(pg_waldump) and C(pg_controldata) of its release.
    type: path
    required: true
  timeline:
    description: The timeline on which it wrote.
    type: int
    required: true
  fork:
    description: Where the new primary's timeline left that one, as PostgreSQL prints positions.
    type: str
    required: true
  keep:
    description: The directory to which segments are copied. It must not exist.
    type: path
    required: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Counts, and copies nothing. Of a member that still runs there may be more later.
  diff_mode:
    support: none
  platform:
    platforms: posix
notes:
  - Runs as root, or as the owner of the data directory.
author:
  - The Plannerate infrastructure team (@plannerate)
seealso:
  - module: plannerate.infra.postgres_cluster_info
"""

EXAMPLES = r"""
- name: Keep what would be lost
  plannerate.infra.postgres_diverged_wal:
    name: pg-main
    data_directory: /var/lib/postgresql/15/pg_main
    bin_directory: /usr/lib/postgresql/15/bin
    timeline: 1
    fork: 0/5000148
    keep: /var/lib/postgresql/15/pg_main.diverged-20261125T120000Z
"""

RETURN = r"""
message:
  description: What was found and where it is kept, as one sentence.
  returned: success
  type: str
bytes:
  description: Bytes of WAL past the fork. Null where C(pg_waldump) could not read it.
  returned: success
  type: int
transactions:
  description: Committed transactions past the fork. Null where C(pg_waldump) could not read it.
  returned: success
  type: int
segments:
  description: Names of the segments that were, or would be, copied.
  returned: success
  type: list
  elements: str
"""

import contextlib
import os
import re
import shutil

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import Directory
from ansible_collections.plannerate.infra.plugins.module_utils._replication.diverged_wal import (
    Diverged,
    described,
    diverged,
    segments,
)

README = """\
WAL segments of the PostgreSQL member {name}, copied before it was rewound.

They hold what {name} wrote on timeline {timeline} past {fork} and the new primary does not have: {transactions} committed transactions.
To see them:   {bin_directory}/pg_waldump --path=. --timeline={timeline} --start={fork}
To have their rows back, restore a base backup from before, with these segments in its pg_wal, on a machine of its own.
When nothing in them is needed any more, remove this directory.
"""


class Member:
    """The WAL of one member of this machine."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        self.wal = os.path.join(self.params["data_directory"], "pg_wal")

    def segments(self) -> list[str]:
        return segments(os.listdir(self.wal), self.params["timeline"], self.params["fork"], self._segment_bytes())

    def diverged(self) -> Diverged:
        _code, output, errors = self._run(
            "pg_waldump",
            f"--path={self.wal}",
            f"--timeline={self.params['timeline']}",
            f"--start={self.params['fork']}",
            "--rmgr=Transaction",
        )
        return diverged(self.params["fork"], output, errors)

    def keep(self, names: list[str], found: Diverged) -> None:
        """Copies segments. A hard link would not do: pg_rewind writes into the files that are there."""
        keep = self.params["keep"]
        needed = sum(os.stat(os.path.join(self.wal, name)).st_size for name in names)
        space = os.statvfs(os.path.dirname(keep))
        if needed > space.f_bavail * space.f_frsize:
            self.module.fail_json(
                msg=f"{self.params['name']} has WAL that the primary does not have, and {os.path.dirname(keep)} has no room for {needed} "
                f"bytes of it, {space.f_bavail * space.f_frsize} are free. Nothing was changed. Make room, then run again"
            )
        with contextlib.closing(self._data_directory()) as data:
            os.mkdir(keep, 0o700)
            owner = os.fstat(data.descriptor)
            os.chown(keep, owner.st_uid, owner.st_gid, follow_symlinks=False)
            # With the rights of the member's user, who may have linked a segment to what only root may read.
            try:
                with data.as_owner():
                    self._copy(keep, names, README.format(**self.params, transactions=found["transactions"]))
            except OSError as error:
                self.module.fail_json(
                    msg=f"WAL that only {self.params['name']} has cannot be copied to {keep}: {error}. Nothing was rewound. Look at "
                    f"{self.wal}, remove {keep}, then run again"
                )

    def _copy(self, keep: str, names: list[str], readme: str) -> None:
        with open(os.path.join(keep, "README"), "w", encoding="utf-8") as file:
            file.write(readme)
        for name in names:
            shutil.copy2(os.path.join(self.wal, name), keep)

    def _data_directory(self) -> Directory:
        path = self.params["data_directory"]
        return Directory(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), path, None)

    def _segment_bytes(self) -> int:
        code, output, errors = self._run("pg_controldata", self.params["data_directory"])
        size = re.search(r"^Bytes per WAL segment: +(\d+)$", output, re.MULTILINE)
        if code or not size:
            self.module.fail_json(
                msg=f"the control file of {self.params['name']} cannot be read: {errors.strip() or output.strip()}"
            )
            raise AssertionError
        return int(size[1])

    def _run(self, program: str, *arguments: str) -> tuple[int, str, str]:
        command = [os.path.join(self.params["bin_directory"], program), *arguments]
        code, output, errors = self.module.run_command(command, environ_update={"LC_ALL": "C"})
        return code, output, errors


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "data_directory": {"type": "path", "required": True},
            "bin_directory": {"type": "path", "required": True},
            "timeline": {"type": "int", "required": True},
            "fork": {"type": "str", "required": True},
            "keep": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    member = Member(module)
    names = member.segments()
    found: Diverged = member.diverged() if names else {"bytes": 0, "transactions": 0}
    if found["transactions"] == 0:
        names = []
    if names and not module.check_mode:
        member.keep(names, found)
    kept = module.params["keep"] if names else None
    message = described(module.params["name"], module.params["timeline"], module.params["fork"], found, kept)
    module.exit_json(changed=bool(names), message=message, segments=names, **found)


if __name__ == "__main__":
    main()
