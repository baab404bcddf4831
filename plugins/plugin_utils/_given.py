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
            if name in variables and _is_known(variables[name]):
                found[name] = variables[name]
        except (AnsibleError, UndefinedError):
            continue
    return found


def _is_known(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(_is_known(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_known(inner) for inner in value)
    return not isinstance(value, Undefined)
