# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an inventory beside the types that the roles' argument specifications give them. Pure.

A text where a boolean, a number or a list is expected comes from -e name=value and from inventories in INI. The text "false" counts as
true, and a list of one port as its digits. What -e gives cannot be converted, since nothing outranks it: it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

# An option as meta/argument_specs.yml has it.
Option = Mapping[str, Any]

# Options for a single run, which pages write as -e name=value: the roles read them as texts too.
FOR_ONE_RUN = frozenset(
    (
        "patch_machines",
        "patch_outage",
        "patch_packages",
        "patch_pause_timeout",
        "patch_reboot",
        "postgres_adopt",
        "postgres_adopt_restart",
    )
)

_KINDS = {"bool": "true or false", "int": "an integer", "list": "a list", "dict": "a dictionary"}
_PYTHON = {"bool": bool, "int": int, "list": list, "dict": dict}
_EXAMPLES: dict[str, object] = {"bool": True, "int": 1, "list": [], "dict": {}}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def problems(values: Mapping[str, Any], options: Mapping[str, Option]) -> list[str]:
    """Each value that its specification does not take, as one sentence with the line to write.

    :arg values: those of the options that are known; the others are not missed.
    """
    given = {
        name: value
        for name, value in values.items()
        if name in options and not _stands_for_nothing(value, options[name])
    }
    found = [text for name in sorted(given) for text in _problems(name, given[name], options[name])]
    named = {name for name in given if any(text.startswith((f"{name} ", f"{name}.", f"{name}[")) for text in found)}
    rest = {name: value for name, value in given.items() if name not in named}
    return found + list(ArgumentSpecValidator({name: options[name] for name in rest}).validate(rest).error_messages)


def _stands_for_nothing(value: object, option: Option) -> bool:
    """A text or a number that is null is as good as empty. A list or a dictionary that is, breaks what is made of it."""
    return value is None and option.get("type", "str") not in ("list", "dict")


def _problems(where: str, value: object, option: Option) -> Iterator[str]:
    kind = option.get("type", "str")
    if kind not in _KINDS or where in FOR_ONE_RUN:
        return
    if not isinstance(value, _PYTHON[kind]) or (kind == "int" and isinstance(value, bool)):
        yield _wrong(where, value, kind, option)
        return
    nested = option.get("options", {})
    if isinstance(value, list):
        element = {"type": option.get("elements", "str"), "options": nested}
        for number, item in enumerate(value):
            if item is not None:
                yield from _problems(f"{where}[{number}]", item, element)
    elif isinstance(value, dict):
        for key, inner in nested.items():
            if value.get(key) is not None:
                yield from _problems(f"{where}.{key}", value[key], inner)


def _wrong(where: str, value: object, kind: str, option: Option) -> str:
    # There may be secrets in these.
    hidden = is_private_key(value) or (value is not None and (kind == "dict" or option.get("elements") == "dict"))
    shown = _shown(value, hidden)
    meant = None if hidden else meaning(value, kind)
    if meant is None:
        example = option.get("default") if isinstance(option.get("default"), _PYTHON[kind]) else _EXAMPLES[kind]
        return f"{where} is {shown}, expected {_KINDS[kind]}. Write, for instance: {_line(where, example)}"
    told = f"{where} is {shown}, expected {_KINDS[kind]}. Write: {_line(where, meant)}"
    if not isinstance(value, str) or not where.isidentifier():
        return told
    return f"{told}; with -e: -e '{json.dumps({where: meant})}'; in INI: {where}={meant!r}"


def is_private_key(value: object) -> bool:
    """Whether the private half of an age key is in it, which is easily taken for the other half."""
    return "AGE-SECRET-KEY" in str(value).upper()


def meaning(value: object, kind: str) -> object:
    """What somebody meant who wrote a value of another type, or None where that cannot be told."""
    text = str(value).strip()
    if kind == "bool":
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
    if kind == "int":
        return int(text) if re.fullmatch(r"-?[0-9]+", text) and not isinstance(value, bool) else None
    try:
        read = json.loads(text) if isinstance(value, str) else value
    except ValueError:
        read = None
    if isinstance(read, _PYTHON[kind]):
        return read
    if kind == "list" and isinstance(value, (str, int)) and not re.search(r"[\[\]{}]", text):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [int(part) if part.isdigit() else part for part in parts]
    return None


def _line(where: str, value: object) -> str:
    """Where a value is in a list or a dictionary, only its own line is shown."""
    return f"{re.sub(r'^.*[.]', '', where)}: {json.dumps(value)}" if not where.endswith("]") else json.dumps(value)


def _shown(value: object, hidden: bool) -> str:
    if is_private_key(value):
        return "a private key"
    if hidden:
        return "a text" if isinstance(value, str) else "of another type"
    return f"the text {json.dumps(value)}" if isinstance(value, str) else json.dumps(value, default=str)
