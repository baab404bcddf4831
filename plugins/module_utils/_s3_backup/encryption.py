# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that encrypt to public keys and decrypt with a private one; GPG gets a home of its own that is removed again."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager

from .chain import Command, run
from .errors import UsageError

SUFFIXES = {"age": ".age", "gpg": ".gpg", "none": ""}


@contextmanager
def encrypting(settings):
    """Gives the commands (one or none) that encrypt a stream.

    :arg settings: section C(encryption) of the configuration.
    """
    if settings["method"] == "none":
        yield []
    elif settings["method"] == "age":
        recipients = [word for key in settings["recipients"] for word in ("--recipient", key)]
        yield [Command("age", ["age", "--encrypt", *recipients])]
    else:
        with _gpg_home() as gpg:
            files = [word for path in settings["recipients"] for word in ("--recipient-file", path)]
            yield [Command("gpg", [*gpg, "--trust-model", "always", "--compress-algo", "none", "--encrypt", *files])]


@contextmanager
def decrypting(method, identity):
    """Gives the commands that decrypt a stream.

    :arg identity: path of the private key; :raises UsageError: when it is needed and cannot be read.
    """
    if method == "none":
        yield []
        return
    if not identity or not os.access(identity, os.R_OK):
        raise UsageError(
            f"the backup is encrypted with {method} and the private key {identity or '(none given)'} cannot be read; name "
            "one of its recipients' keys with --identity"
        )
    if method == "age":
        yield [Command("age", ["age", "--decrypt", "--identity", identity])]
        return
    with _gpg_home() as gpg:
        run(Command("gpg", [*gpg, "--import", identity]))
        yield [Command("gpg", [*gpg, "--pinentry-mode", "loopback", "--decrypt"])]


@contextmanager
def _gpg_home():
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        try:
            yield ["gpg", "--homedir", home, "--batch", "--no-tty", "--quiet"]
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
