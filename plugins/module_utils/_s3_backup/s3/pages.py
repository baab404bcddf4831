# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listing that comes in pages, believed only while it can be one. Pure.

A page out of order, or one that comes twice, would make whole backups look like what is left of some.
"""

from __future__ import annotations

from ..errors import Contradiction

# As S3 has it, by the keys' bytes; and as stores have it that are made of directories, name by name.
_ORDERS = (lambda key: key, lambda key: key.split("/"))


class Ascending:
    """Keys that ascend, all below one prefix."""

    def __init__(self, prefix):
        self.prefix, self.last, self.orders = prefix, None, list(_ORDERS)

    def check(self, key):
        """:raises Contradiction: when this key cannot follow the last one."""
        if not key.startswith(self.prefix):
            raise Contradiction(f"the listing of {self.prefix} has {key}, which is not below it")
        if self.last is not None:
            self.orders = [order for order in self.orders if order(self.last) < order(key)]
            if not self.orders:
                raise Contradiction(
                    f"the listing of {self.prefix} has {key} after {self.last}: expected keys that ascend, each once"
                )
        self.last = key


def pages(ask, prefix, marks):
    """Yields the pages of a listing.

    :arg ask: function of what asks for the next page, {} for the first; :arg marks: what the request calls its place in the
        listing, each with the answer's name for the next one.
    :raises Contradiction: when a page names no next one, or one that was there already.
    """
    seen: set[tuple[str, ...]] = set()
    more: dict[str, str] = {}
    while True:
        page = ask(more)
        yield page
        if not page.get("IsTruncated"):
            return
        more = {name: page.get(following) or "" for name, following in marks.items()}
        mark = tuple(more.values())
        if not mark[0] or mark in seen:
            raise Contradiction(
                f"the listing of {prefix} goes on with "
                + ("a page that was there already" if mark[0] else "a page that it does not name")
                + ": expected the next one"
            )
        seen.add(mark)
