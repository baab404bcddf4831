# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loaded database gets its name: wholly or not at all, whatever fails and whoever wants the process to end."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

from ..errors import BackupError
from ..machine.session import SessionError, execute, quoted
from .properties import finishing
from .target import opening

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class NotNamed(BackupError):
    """What was loaded is kept under the name that it has."""


def give_name(server, loaded, target, properties, aside=None):
    """Gives a database its properties and its name; the one that had the name is put aside.

    :raises NotNamed: with the statement that failed; everything is then as it was before.
    """
    with _undisturbed():
        is_closing = bool(aside) and server.is_open(target)
        try:
            if is_closing:
                server.close_to_clients(target)
            _in_one_transaction(server, _statements(loaded, target, properties, aside), loaded)
        except BaseException as error:
            if is_closing:
                _open(server, target, error)
            raise


def _open(server, target, reason):
    try:
        server.open_to_clients(target)
    except SessionError as error:
        raise NotNamed(
            f"{reason}. Nobody gets into {target} until an administrator says: {opening(target)}; ({error})"
        ) from reason


def _statements(loaded, target, properties, aside):
    yield from finishing(loaded, properties)
    if aside:
        yield f"ALTER DATABASE {quoted(target)} RENAME TO {quoted(aside)}"
    yield f"ALTER DATABASE {quoted(loaded)} RENAME TO {quoted(target)}"


def _in_one_transaction(server, statements, loaded):
    execute(server.connection, "BEGIN")
    for statement in statements:
        try:
            execute(server.connection, statement)
        except SessionError as error:
            if not server.connection.closed:
                execute(server.connection, "ROLLBACK")
            raise NotNamed(f"{error}; the statement was: {statement}") from error
    try:
        execute(server.connection, "COMMIT")
    except SessionError as error:
        # The answer is lost, not what it would have told.
        if server.is_there(loaded):
            raise NotNamed(f"{error}; the statement was: COMMIT") from error


@contextmanager
def postponed():
    """A signal that ends the process counts when this succeeded. Where it failed, that ends the process anyway, and says more."""
    with _undisturbed() as seen:
        yield
    if seen:
        os.kill(os.getpid(), seen[0])


@contextmanager
def _undisturbed():
    """Signals that end the process come to nothing; gives those that came."""
    seen = []
    before = {number: signal.signal(number, lambda number, _frame: seen.append(number)) for number in _SIGNALS}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
