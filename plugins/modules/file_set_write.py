#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: file_set_write
short_description: What file_set runs on the machine
version_added: 0.1.0
description:
  - Compares and writes the files whose contents M(plannerate.infra.file_set) has rendered and packed. Tasks use that one.
options:
  files:
    description: What there has to be.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it is, absolute.
        type: str
        required: true
      state:
        description: What it is.
        type: str
        choices: [file, directory, link, absent]
        required: true
      owner:
        description: Name or number of the owner.
        type: str
        required: true
      group:
        description: Name or number of the group.
        type: str
        required: true
      mode:
        description: Octal digits.
        type: str
        required: true
      target:
        description: Where a link leads.
        type: str
      force:
        description: Whether the content of a file that exists already is replaced.
        type: bool
        default: true
      secret:
        description: Whether the content is kept out of the diff.
        type: bool
        default: false
      validate:
        description: A command that looks at the new file, as O(plannerate.infra.file_set#module:files[].validate).
        type: str
  contents:
    description: The contents by path, as base64 in JSON, compressed by zlib, as base64. One option, whose value no log shows.
    type: str
    required: true
  pending:
    description: As O(plannerate.infra.file_set#module:pending).
    type: str
  acknowledge:
    description: As O(plannerate.infra.file_set#module:acknowledge).
    type: list
    elements: str
  lock:
    description: The locks that M(plannerate.infra.run_lock) has taken for this run. Nothing is written where it lost one of them.
    type: dict
    suboptions:
      names:
        description: Names of the locks.
        type: list
        elements: str
        required: true
      holder:
        description: This run.
        type: dict
        required: true
      seconds:
        description: How long the locks last from now, in seconds.
        type: int
        required: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Contents of more than 100 kB, of secrets, and what is no text are not shown.
  platform:
    platforms: posix
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Write an empty file
  plannerate.infra.file_set_write:
    files:
      - {path: /etc/example, state: file, owner: root, group: root, mode: "0644"}
    # An object without contents.
    contents: eJyrrgUAAXUA+Q==
"""

RETURN = r"""
changed_paths:
  description: What was changed, or would be in check mode, in the order of the set.
  type: list
  elements: str
  returned: success
  sample: [/etc/example/main.yml]
pending:
  description: As RV(plannerate.infra.file_set#module:pending).
  type: list
  elements: str
  returned: with O(pending)
  sample: [/etc/example/main.yml]
not_validated:
  description: What was not looked at, since the command that does it does not exist yet.
  type: list
  elements: str
  returned: in check mode
  sample: []
"""

import base64
import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._files import pending
from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import FileRefused
from ansible_collections.plannerate.infra.plugins.module_utils._files.entry import KINDS, wanted
from ansible_collections.plannerate.infra.plugins.module_utils._files.reconcile import Writer, changes_of, diffs
from ansible_collections.plannerate.infra.plugins.module_utils._files.validation import validate
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock as locks
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import said


def contents_of(packed: str) -> dict[str, bytes]:
    """The contents by path, as the action plugin packs them: one option, whose value is kept out of every log."""
    texts = json.loads(zlib.decompress(base64.b64decode(packed)))
    return {path: base64.b64decode(text) for path, text in texts.items()}


def keep(lock: dict[str, Any]) -> None:
    """Sees to it that this run still has its locks, and keeps them."""
    for name in lock["names"]:
        locks.take(name, lock["holder"], lock["seconds"], time.time())


def main() -> None:
    entry = {
        "path": {"type": "str", "required": True},
        "state": {"type": "str", "choices": list(KINDS), "required": True},
        "owner": {"type": "str", "required": True},
        "group": {"type": "str", "required": True},
        "mode": {"type": "str", "required": True},
        "target": {"type": "str"},
        "force": {"type": "bool", "default": True},
        "secret": {"type": "bool", "default": False},
        "validate": {"type": "str"},
    }
    lock = {
        "names": {"type": "list", "elements": "str", "required": True},
        "holder": {"type": "dict", "required": True},
        "seconds": {"type": "int", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "required": True, "options": entry},
            "contents": {"type": "str", "required": True, "no_log": True},
            "pending": {"type": "str"},
            "acknowledge": {"type": "list", "elements": "str"},
            "lock": {"type": "dict", "options": lock},
        },
        supports_check_mode=True,
    )

    def run(command: Sequence[str]) -> tuple[int, str, str]:
        if not module.get_bin_path(command[0]):
            if module.check_mode:
                raise FileNotFoundError(command[0])
            return 127, "", f"there is no program {command[0]}"
        return module.run_command(command, environ_update={"LC_ALL": "C.UTF-8"})

    name = module.params["pending"]
    scratch = tempfile.mkdtemp(dir=module.tmpdir)
    try:
        contents = contents_of(module.params["contents"])
        wants = [wanted(each, contents.get(each["path"], b"")) for each in module.params["files"]]
        changes = changes_of(wants, planned_only=module.check_mode)
        not_validated = validate(wants, changes, scratch, run)
        paths = [change.want.path for change in changes]
        left = pending.remembered(name) if name else []
        waiting = [*left, *(path for path in paths if path not in left)]
        acknowledged = [each for each in module.params["acknowledge"] or () if pending.remembered(each)]
        if not module.check_mode:
            if module.params["lock"]:
                keep(module.params["lock"])
            # First, so that a run that is killed in between leaves too much to load rather than too little.
            if name and waiting != left:
                pending.remember(name, waiting)
            Writer().write(changes)
            for each in acknowledged:
                pending.forget(each)
    except FileRefused as problem:
        module.fail_json(msg=str(problem))
    except locks.Held as problem:
        module.fail_json(msg=said.held(problem.lock, "this machine", time.time()))
    except locks.Lost as problem:
        module.fail_json(msg=said.lost(problem.lock, "this machine"))
    except OSError as problem:
        module.fail_json(
            msg=f"{problem.strerror}: {problem.filename or problem.filename2 or 'a file of the set'}. No file was changed"
        )
    finally:
        shutil.rmtree(scratch)
    # The arguments are not repeated, they are as large as the set.
    result = {"changed": bool(changes or acknowledged), "changed_paths": paths, "invocation": {}}
    if name:
        result["pending"] = waiting
    if module.check_mode:
        result["not_validated"] = not_validated
    if module._diff:
        result["diff"] = diffs(changes)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
