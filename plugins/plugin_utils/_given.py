# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory and the command line give for a host, as far as it can be had without the roles and the machines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible.errors import AnsibleError
from jinja2 import Undefined, UndefinedError


def given(variables: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Values that can be had here: one that is made of a role's default, of another host's or of an answer cannot."""
    found = {}
    for name in sorted(names):
        try:
            if name in variables:
                found[name] = _plain(variables[name])
        except (AnsibleError, UndefinedError):
            continue
    return found


def _plain(value: Any) -> Any:
    """A value in dictionaries and lists of Python's own. Those of a template carry all that makes them, and a copy copies it: most of the
    time of looking at an inventory went there.
    """
    if isinstance(value, Undefined):
        raise UndefinedError
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
