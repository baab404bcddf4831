# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vault as somebody has it who replaced everything in its example."""

from __future__ import annotations

from pathlib import Path

# Of no key that anybody has.
RECIPIENT = "age1" + "q" * 58


def filled_in(text: str) -> str:
    for placeholder, value in (
        ("age1-replace-me", RECIPIENT),
        ("replace-the-writers", "the-key-of-the-writer"),
        ("replace-the-rotators", "the-key-of-the-rotator"),
        ("replace-me:587", "mail.plannerate.test:587"),
        ("replace-me", "a-real-value"),
    ):
        text = text.replace(placeholder, value)
    return text


def fill_in(example: Path) -> Path:
    """Writes the vault beside its example."""
    vault = example.with_suffix("")
    vault.write_text(filled_in(example.read_text()))
    return vault
