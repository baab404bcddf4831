# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a transfer is: one line that is rewritten on a terminal, and nothing anywhere else."""

from __future__ import annotations

import sys
import time

from ..machine.text import clock, readable

_INTERVAL = 0.2


class Progress:
    """Counts bytes; the expected total may be unknown (None)."""

    def __init__(self, what, total=None, stream=None, quiet=False):
        self.what, self.total, self.done = what, total, 0
        self.stream = stream or sys.stderr
        self.shown = not quiet and self.stream.isatty()
        self.began = self.last = time.monotonic()

    def add(self, count):
        self.done += count
        now = time.monotonic()
        if self.shown and now - self.last >= _INTERVAL:
            self.last = now
            self.stream.write(f"\r\033[K{line(self.what, self.done, self.total, now - self.began)}")
            self.stream.flush()

    def finish(self):
        if self.shown:
            self.stream.write("\r\033[K")
            self.stream.flush()


def line(what, done, total, seconds):
    """One line for a person: bytes, rate and, where the total is known, share and time left."""
    rate = done / seconds if seconds > 0 else 0
    text = f"{what}: {readable(done)}, {readable(rate)}/s"
    if not total:
        return text
    # The total is an estimate that a dump can exceed.
    left = max(total - done, 0)
    share = min(100 * done // total, 99) if left else 100
    return f"{text}, {share} %" + (f", {clock(left / rate)} left" if rate and left else "")
