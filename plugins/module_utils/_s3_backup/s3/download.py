# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object as a stream: parts fetched ahead in parallel, in order, from a bounded number of buffers."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

_PART = 8 * 1024 * 1024


def chunks(store, key, size, seen=lambda count: None):
    """Yields the content of an object.

    :arg size: bytes that it has by its manifest; :arg seen: called with the number of bytes of each part.
    :raises StoreError: when it cannot be read.
    """
    workers = store.settings["parallel_transfers"]
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[bytes]] = deque()
        begins = iter(range(0, size, _PART))

        def fetch():
            begin = next(begins, None)
            if begin is not None:
                end = min(begin + _PART, size) - 1
                ahead.append(pool.submit(store.get, key, Range=f"bytes={begin}-{end}"))

        for _number in range(workers + 1):
            fetch()
        try:
            while ahead:
                chunk = ahead.popleft().result()
                fetch()
                seen(len(chunk))
                yield chunk
        finally:
            for part in ahead:
                part.cancel()
