# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of M(plannerate.infra.postgres_promote), for the module and its action plugin. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def argument_spec() -> dict[str, dict[str, Any]]:
    return {
        "mode": {"type": "str", "choices": ["switchover", "failover", "restart"], "required": True},
        "members": {"type": "list", "elements": "dict", "required": True},
        "answers": {"type": "dict", "required": True},
        "target": {"type": "str", "default": ""},
        "because": {"type": "str", "default": ""},
        "dead": {"type": "str", "default": ""},
        "powered_off": {"type": "str", "default": ""},
        "synchronous": {"type": "dict", "default": {}},
        "accept_data_loss": {"type": "bool", "default": False},
        "break_sessions": {"type": "bool", "default": False},
        "standby_files": {"type": "dict", "required": True},
        "poolers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "machine": {"type": "str", "required": True},
                "port": {"type": "int", "required": True},
                "directory": {"type": "path", "required": True},
                "stamp": {"type": "path", "required": True},
            },
        },
        "max_lag_bytes": {"type": "int", "default": 16777216},
        "pause_timeout": {"type": "int", "default": 5},
        "stop_timeout": {"type": "int", "default": 10},
        "checkpoint_timeout": {"type": "int", "default": 300},
        "survey_timeout": {"type": "int", "default": 60},
        "promote_timeout": {"type": "int", "default": 300},
        "write_timeout": {"type": "int", "default": 10},
    }


def machines_of(params: Mapping[str, Any]) -> list[str]:
    """Names of the machines that take part, in the order in which the options name them."""
    entries = [*params["members"], *(params.get("poolers") or [])]
    return list(dict.fromkeys(entry["machine"] for entry in entries))
