# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A content leaves block by block, is the same at each attempt, and is not copied."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.transfer import Body, read


@given(st.binary(max_size=200), st.integers(1, 50))
def test_it_is_read_as_a_file_is(content, size):
    moves = []
    body = Body(bytearray(content), lambda: moves.append(1))
    assert (body.seek(0, io.SEEK_END), body.seek(0)) == (len(content), 0)
    for _attempt in range(2):
        del moves[:]
        assert b"".join(iter(lambda: bytes(body.read(size)), b"")) == content
        # The first block has not left when it is asked for; the end is seen after the last one has.
        assert len(moves) == -(-len(content) // size)
        body.seek(0)


def test_it_is_no_copy():
    content = bytearray(b"before")
    body = Body(content, lambda: None)
    content[:] = b"after!"
    assert bytes(body.read()) == b"after!"


def test_each_block_of_an_answer_counts():
    moves = []
    content = bytes(600 * 1024)
    assert read(io.BytesIO(content), lambda: moves.append(1)) == content
    assert len(moves) == 3
