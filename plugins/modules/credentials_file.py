#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credentials_file
short_description: Keeps a file of secrets, generating those that are missing
version_added: 0.1.0
description:
  - Keeps a file of C(NAME=value) lines, as a shell reads them, that belongs to root and that nobody else may read.
  - A secret that the file does not have is generated, once. One that it has is never changed, unless a value is given.
  - Comments, other lines and their order stay as they are. A file that is malformed is refused, and then nothing changes.
  - Tasks on several hosts that are delegated to one and the same host take turns, so all get the same answer.
options:
  path:
    description: The file. Its directory has to exist.
    type: path
    required: true
  secrets:
    description:
      - The wanted secrets by their names. Each is a dict, which may be empty.
      - C(value) is the secret's value, as given by Ansible Vault, say; it wins over the file. Null or empty means none.
      - C(generate) tells whether a missing secret is generated (default V(true)).
      - C(length) is the number of letters and digits that a generated one gets (default V(32), at least V(16)).
    type: dict
    required: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Returns what would be, with other random values than the later run.
  diff_mode:
    support: full
    details: Shows names, never values.
  platform:
    platforms: posix
notes:
  - The answer holds the secrets, so the module refuses to run in a task without C(no_log=true).
author:
  - The Plannerate infrastructure team (@plannerate)
"""

EXAMPLES = r"""
- name: The passwords of the database roles
  plannerate.infra.credentials_file:
    path: /root/.plannerate-credentials
    secrets:
      POSTGRES_REPLICATOR_PASSWORD: {}
      POSTGRES_PRODUCTION_PASSWORD:
        value: "{{ vault_postgres_production_password | default(none) }}"
      S3_SECRET_KEY:
        generate: false
  become: true
  register: credentials
  no_log: true
"""

RETURN = r"""
secrets:
  description: The wanted secrets' values by their names; null for one that is neither given, nor there, nor to be generated.
  returned: success
  type: dict
generated:
  description: Names of the secrets that were generated.
  returned: success
  type: list
  elements: str
updated:
  description: Names of the secrets that got the given value in place of another, or of none.
  returned: success
  type: list
  elements: str
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._credentials import (
    CredentialsError,
    Reconciled,
    reconcile,
)

MODE = 0o600


class CredentialsFile:
    """The file on disk, owned by whoever this runs as, which is root."""

    def __init__(self, path: str) -> None:
        # A link stays one: what it points to is replaced.
        self.path = os.path.realpath(path)
        self.directory = os.path.dirname(self.path)
        self.owner = (os.geteuid(), os.getegid())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Others wait until this is done; the lock is on the directory, since the file is replaced."""
        directory = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            yield
        finally:
            os.close(directory)

    def read(self) -> tuple[str, str | None]:
        """(content, permissions to be put right); no content is an empty file."""
        try:
            with open(self.path, encoding="utf-8", newline="") as file:
                status = os.fstat(file.fileno())
                text = file.read()
        except FileNotFoundError:
            return "", None
        except UnicodeDecodeError:
            raise CredentialsError("it is not a text file in UTF-8") from None
        mode = stat.S_IMODE(status.st_mode)
        if mode == MODE and (status.st_uid, status.st_gid) == self.owner:
            return text, None
        return text, f"mode {mode:04o}, owner {status.st_uid}:{status.st_gid}"

    def protect(self) -> None:
        os.chown(self.path, *self.owner)
        os.chmod(self.path, MODE)

    def write(self, text: str) -> None:
        """Replaces the file in one step; mkstemp gives the new one its mode and owner from the start."""
        handle, temporary = tempfile.mkstemp(dir=self.directory, prefix=".credentials-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                os.fchown(file.fileno(), *self.owner)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            os.unlink(temporary)
            raise


def diff(path: str, plan: Reconciled, permissions: str | None, owner: tuple[int, int]) -> dict[str, str]:
    """Before and after as names alone."""
    notes = dict.fromkeys(plan["generated"], "generated")
    notes.update((name, "updated") for name in plan["updated"])
    names = dict.fromkeys([*plan["names"], *notes])
    before = [permissions] if permissions else []
    after = [f"mode {MODE:04o}, owner {owner[0]}:{owner[1]}"] if permissions else []
    before += plan["names"]
    after += [f"{name} ({notes[name]})" if name in notes else name for name in names]
    return {
        "before_header": path,
        "after_header": path,
        "before": "".join(line + "\n" for line in before),
        "after": "".join(line + "\n" for line in after),
    }


def run(module: AnsibleModule, file: CredentialsFile) -> None:
    text, permissions = file.read()
    plan = reconcile(text, module.params["secrets"])
    changed = bool(plan["generated"] or plan["updated"])
    if not module.check_mode:
        if changed:
            file.write(plan["text"])
        elif permissions:
            file.protect()
    # The answer is the secrets; that the task has no_log was made sure.
    module.no_log_values.clear()
    module.exit_json(
        changed=changed or bool(permissions),
        secrets=plan["secrets"],
        generated=plan["generated"],
        updated=plan["updated"],
        diff=diff(module.params["path"], plan, permissions, file.owner),
        invocation={"module_args": {"path": module.params["path"]}},
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "secrets": {"type": "dict", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    path = module.params["path"]
    if not module.no_log:
        module.fail_json(msg="the answer holds secrets and would be shown and logged: set no_log: true on this task")
    file = CredentialsFile(path)
    try:
        if module.check_mode and not os.path.isdir(file.directory):
            run(module, file)
        with file.lock():
            run(module, file)
    except CredentialsError as error:
        module.fail_json(msg=f"{path} was not changed: {error}")
    except OSError as error:
        module.fail_json(msg=f"{path} was not changed: {error.strerror} ({error.filename or path})")


if __name__ == "__main__":
    main()
