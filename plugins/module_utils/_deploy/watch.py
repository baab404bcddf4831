# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a new release answers as well as the one before. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import Request

# With how many times the errors and the time of before a release still passes, and what always passes.
ERRORS_TIMES, ERRORS_ALWAYS = 2, 0.01
SECONDS_TIMES, SECONDS_ALWAYS = 3, 1.0


class Measured(NamedTuple):
    """``errors``: the share of answers from 500 on. ``slow``: seconds in which 95 % were answered."""

    requests: int
    errors: float
    slow: float


def measure(requests: Iterable[Request], servers: Collection[str]) -> Measured:
    """Of the answers of these servers."""
    own = [request for request in requests if request.server in servers]
    if not own:
        return Measured(0, 0.0, 0.0)
    times = sorted(request.seconds for request in own)
    errors = sum(request.status >= 500 for request in own)
    return Measured(len(own), errors / len(own), times[min(int(len(times) * 0.95), len(times) - 1)])


def worse(before: Measured, after: Measured, least: int) -> str:
    """Why the new one does not pass: empty where it does, or where fewer than ``least`` answers do not tell yet."""
    if after.requests < least:
        return ""
    # Of too few answers, no share of errors and no time is a measure.
    known = before if before.requests >= least else Measured(0, 0.0, 0.0)
    allowed = max(known.errors * ERRORS_TIMES, ERRORS_ALWAYS)
    if after.errors > allowed:
        return (
            f"{after.errors:.1%} of {after.requests} answers are errors of the server, expected at most {allowed:.1%} (before: "
            f"{before.errors:.1%} of {before.requests})"
        )
    seconds = max(known.slow * SECONDS_TIMES, SECONDS_ALWAYS)
    if after.slow > seconds:
        return (
            f"95 % of {after.requests} answers take up to {after.slow:.2f} s, expected at most {seconds:.2f} s "
            f"(before: {before.slow:.2f} s)"
        )
    return ""
