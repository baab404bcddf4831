# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of file_set: contents are rendered and read here, and sent in one option of one call."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.template import generate_ansible_template_vars, trust_as_template

from ansible_collections.plannerate.infra.plugins.plugin_utils import _this_run as this_run

KINDS = ("template", "src", "content", "directory", "target", "absent")
OPTIONS = {"path", *KINDS, "owner", "group", "mode", "force", "secret", "validate", "vars", "when"}
MODES = {"directory": "0755", "file": "0644", "link": "0777", "absent": "0000"}


class ActionModule(ActionBase):
    _requires_connection = True
    _VALID_ARGS = frozenset(("files", "owner", "group", "pending", "acknowledge"))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        files = self._task.args.get("files")
        more = {key: self._task.args[key] for key in ("pending", "acknowledge") if key in self._task.args}
        if "acknowledge" in more:
            others = sorted(set(self._task.args) - {"acknowledge"})
            if others:
                raise AnsibleActionFail(f"found acknowledge with {', '.join(others)}, expected it alone")
            files = []
        if not isinstance(files, list):
            raise AnsibleActionFail(f"files is a {type(files).__name__}, expected a list")
        defaults = {key: self._task.args.get(key, "root") for key in ("owner", "group")}
        entries: list[dict[str, Any]] = []
        contents: dict[str, str] = {}
        for number, entry in enumerate(files):
            if not isinstance(entry, Mapping):
                raise AnsibleActionFail(f"files[{number}] is a {type(entry).__name__}, expected a dict")
            if not boolean(entry.get("when", True)):
                continue
            path = str(entry.get("path") or "")
            self._refuse_what_cannot_be_meant(number, path, entry, {each["path"] for each in entries})
            state = self._state(entry)
            if state == "file":
                contents[path] = base64.b64encode(self._content(entry, path, task_vars or {})).decode()
            entries.append(
                {
                    "path": path,
                    "state": state,
                    "owner": str(entry.get("owner", defaults["owner"])),
                    "group": str(entry.get("group", defaults["group"])),
                    "mode": entry.get("mode", MODES[state]),
                    **{
                        key: entry[key]
                        for key in ("target", "force", "secret", "validate")
                        if entry.get(key) is not None
                    },
                }
            )
        packed = base64.b64encode(zlib.compress(json.dumps(contents).encode(), 1)).decode()
        result = self._execute_module(
            "plannerate.infra.file_set_write",
            module_args={"files": entries, "contents": packed, **more, **this_run.lock_option()},
            task_vars=task_vars,
        )
        # In diff mode each file stands above its difference.
        if not self._task.diff:
            done = "would be written" if self._task.check_mode else "written"
            for path in result.get("changed_paths", []):
                self._display.display(f"{done}: {path}")
        return result

    @staticmethod
    def _refuse_what_cannot_be_meant(number: int, path: str, entry: Mapping[str, Any], paths: Set[str]) -> None:
        about = f"files[{number}] ({path or 'without path'})"
        unknown = sorted(set(entry) - OPTIONS)
        if unknown:
            raise AnsibleActionFail(f"{about} has {', '.join(unknown)}, expected only {', '.join(sorted(OPTIONS))}")
        given = [key for key in KINDS if entry.get(key) not in (None, False)]
        if not path or len(given) != 1:
            raise AnsibleActionFail(
                f"{about} has {', '.join(given) or 'nothing'}, expected a path and exactly one of {', '.join(KINDS)}"
            )
        if not isinstance(entry.get("mode", ""), str):
            raise AnsibleActionFail(
                f"{about}: mode is {entry['mode']!r}, expected octal digits in quotes, such as '0644'"
            )
        if path in paths:
            raise AnsibleActionFail(f"{about} is in the set twice")

    @staticmethod
    def _state(entry: Mapping[str, Any]) -> str:
        if entry.get("target") is not None:
            return "link"
        return next((key for key in ("directory", "absent") if boolean(entry.get(key) or False)), "file")

    def _content(self, entry: Mapping[str, Any], path: str, task_vars: Mapping[str, Any]) -> bytes:
        if entry.get("content") is not None:
            return str(entry["content"]).encode()
        if entry.get("src") is not None:
            return Path(self._find_needle("files", entry["src"])).read_bytes()
        return self._rendered(entry["template"], path, entry.get("vars") or {}, task_vars)

    def _rendered(self, template: str, path: str, own: Mapping[str, Any], task_vars: Mapping[str, Any]) -> bytes:
        """As ansible.builtin.template renders it with its defaults."""
        source = self._find_needle("templates", template)
        places = [*task_vars.get("ansible_search_path", []), self._loader.get_basedir(), os.path.dirname(source)]
        about = generate_ansible_template_vars(path=template, fullpath=source, dest_path=path)
        if "ansible_managed" in task_vars:
            del about["ansible_managed"]
        templar = self._templar.copy_with_new_env(
            searchpath=[each for place in places for each in (os.path.join(place, "templates"), place)],
            available_variables={**task_vars, **about, **own},
        )
        text = templar.template(
            trust_as_template(self._loader.get_text_file_contents(source)),
            escape_backslashes=False,
            overrides={"trim_blocks": True, "lstrip_blocks": False, "newline_sequence": "\n"},
        )
        return ("" if text is None else str(text)).encode()
