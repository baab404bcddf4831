# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that encrypt to public keys and decrypt with a private one."""

from __future__ import annotations

import os

from ..errors import UsageError
from .pipeline import Command

SUFFIXES = {"age": ".age", "none": ""}


def encrypting(settings):
    """The commands (one or none) that encrypt a stream.

    :arg settings: section C(encryption) of the configuration.
    """
    if settings["method"] == "none":
        return []
    recipients = [word for key in settings["recipients"] for word in ("--recipient", key)]
    return [Command("age", ["age", "--encrypt", *recipients])]


def decrypting(method, identity):
    """The commands that decrypt a stream.

    :arg identity: path of the private key; :raises UsageError: when it is needed and cannot be read.
    """
    if method == "none":
        return []
    if method not in SUFFIXES:
        raise UsageError(
            f"the backup is encrypted with {method}, this release knows {', '.join(SUFFIXES)}; see RESTORE.md"
        )
    if not identity or not os.access(identity, os.R_OK):
        raise UsageError(
            f"the backup is encrypted with {method} and the private key {identity or '(none given)'} cannot be read; name "
            "one of its recipients' keys with --identity"
        )
    return [Command("age", ["age", "--decrypt", "--identity", identity])]
