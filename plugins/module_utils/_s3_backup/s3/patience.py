# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a request that fails is worth another attempt: a slow link is no outage. Pure, apart from the clock."""

from __future__ import annotations

import time

LEAST_ATTEMPTS = 3
# Of a transfer that gets somewhere each time and never to its end.
_MOST_MOVING = 10
# The first blocks only fill the buffers of this machine, also on a link that is cut.
_FILLING_SECONDS = 1
_LONGEST_PAUSE = 5


class Patience:
    """Over when nothing moved for so many seconds and some attempts, whatever a single one of them took."""

    def __init__(self, seconds, least_attempts=LEAST_ATTEMPTS, clock=time.monotonic):
        self.seconds, self.least_attempts, self.clock = seconds, least_attempts, clock
        self.attempts = self.moving_attempts = 0
        self.since, self.first_block, self.is_moving = None, None, False

    def moved(self):
        """A block left or arrived."""
        now = self.clock()
        if self.first_block is None:
            self.first_block = now
        if now - self.first_block > _FILLING_SECONDS:
            self.since, self.is_moving = now, True

    def is_over(self):
        """Asked once after each attempt that failed."""
        now = self.clock()
        self.attempts += 1
        self.moving_attempts += self.is_moving
        if self.since is None:
            self.since = now
        self.first_block, self.is_moving = None, False
        still = now - self.since
        return self.moving_attempts >= _MOST_MOVING or (self.attempts >= self.least_attempts and still >= self.seconds)

    def pause(self):
        """Seconds until the next attempt."""
        return min(0.5 * 2 ** min(self.attempts - 1, 10), _LONGEST_PAUSE)
