# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two halves of a drill say to each other: a document each way, its length before it; the dump comes between them."""

from __future__ import annotations

import json
import socket
import struct

from ..errors import BackupError, Damaged, Refused

# How the one that loads says what kind of failure it was.
KINDS = {"damaged": Damaged, "refused": Refused, "failed": BackupError}
LONGEST_MESSAGE = 4000
# Said before the dump comes: there is room for it.
BEGIN = {"begin": True}
_LENGTH = struct.Struct(">I")
# Of a number: Python takes minutes for one of millions, and no count is longer.
_LONGEST_NUMBER = 20


class HungUp(BackupError):
    """The other one ended before it had said everything."""


def send(connection, document):
    """:raises HungUp: when nobody listens any more."""
    text = json.dumps(document).encode()
    try:
        connection.sendall(_LENGTH.pack(len(text)) + text)
    except OSError as error:
        raise HungUp(f"the other one hung up: {error.strerror}") from error


def receive(connection, limit):
    """One document, and nothing of what comes after it.

    :raises HungUp: when it does not come; :raises BackupError: when it is longer than the limit, or no JSON.
    """
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > limit:
        raise BackupError(f"a document of {length} bytes, expected {limit} at most")
    text = _exactly(connection, length)
    try:
        return json.loads(text, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise BackupError(f"no JSON ({error})") from error


def _exactly(connection, length):
    try:
        found = connection.recv(length, socket.MSG_WAITALL) if length else b""
    except OSError as error:
        raise HungUp(f"the other one hung up: {error.strerror}") from error
    if len(found) < length:
        raise HungUp("the other one hung up")
    return found


def _number(text):
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)
