# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image, a registry or Docker said, as a terminal, the journal and GitHub's log may have it. Pure."""

from __future__ import annotations

# GitHub's runner takes lines for its commands that begin with the first, blanks aside, or have the second anywhere.
_COMMANDS = (("::", ": :"), ("##[", "# #["))


def plain(text: str) -> list[str]:
    """Its lines, in which only what is printable stands, and which are commands to nobody."""
    return [_plain(line) for line in text.splitlines()]


def _plain(line: str) -> str:
    line = "".join(character if character.isprintable() else "?" for character in line)
    (first, instead), (anywhere, other) = _COMMANDS
    if line.lstrip().startswith(first):
        line = line.replace(first, instead, 1)
    return line.replace(anywhere, other)
