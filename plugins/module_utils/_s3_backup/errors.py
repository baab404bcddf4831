# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong and is expected to: each message names what was found, what was expected and what to do."""

from __future__ import annotations


class BackupError(Exception):
    """Something failed; nothing that looks whole was left behind."""

    exit_code = 1


class UsageError(BackupError):
    """The command line or the configuration is wrong."""

    exit_code = 2


class Refused(BackupError):
    """What was asked for could hurt; nothing was changed."""

    exit_code = 3


class Damaged(BackupError):
    """A stored backup is not what was uploaded."""

    exit_code = 4


class Contradiction(BackupError):
    """The store says what cannot be; nothing is concluded from it, and nothing deleted."""

    exit_code = 3


class Gone(BackupError):
    """A stored backup was deleted while it was read: it is not damaged, and not there any more."""


class Incomplete(Gone):
    """The store says that it has not all of a backup. One answer condemns none: rotation looks for itself, on two days."""

    exit_code = 4


class Busy(BackupError):
    """Another process does the same for this environment."""

    exit_code = 75


class Stopped(BaseException):
    """Somebody wants the process to end. No failure that work could go on after, so nothing else catches it."""

    exit_code = 1
