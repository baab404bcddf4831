# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever has a deployment key asks for. Pure.

The text is a stranger's: it is compared as a whole with what there is to ask for. Nothing splits it, expands it or gives it to a program.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.target import RELEASE

USAGE = "deploy <tag or digest>, rollback, rollback <tag or digest>, or releases"
_ORDER = re.compile(
    rf"(?P<what>deploy (?=.)|rollback(?: (?=.)|\Z)|releases\Z)(?P<release>{RELEASE.pattern}|)\Z", re.ASCII
)
# How much of what is refused is shown.
_SHOWN = 80


class OrderRefused(Exception):
    """It is none of the things that can be asked for."""


class Order(NamedTuple):
    """``what``: deploy, rollback or releases. ``release``: a tag or digest; empty for a rollback to what is kept."""

    what: str
    release: str

    def __str__(self) -> str:
        return f"{self.what} {self.release}".strip()


def read(text: str) -> Order:
    """:raises OrderRefused: for anything else, with its text as ASCII."""
    found = _ORDER.match(text)
    if not found:
        said = ascii(text[:_SHOWN]) + (f" and {len(text) - _SHOWN} more" if len(text) > _SHOWN else "")
        raise OrderRefused(f"Found {said if text else 'no command'}, expected {USAGE}. Nothing was changed")
    return Order(found["what"].strip(), found["release"])
