# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check-inventory says of inventories that were made up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from support.helpers.offline import Offline
from support.inventories.drawn import Drawn
from support.inventories.mutations import mutated, unmatched

GOOD = "hosts have what their roles need"


def told(offline: Offline, directory: Path, numbers: Iterable[int]) -> list[tuple[Drawn, list[str]]]:
    """Each with what is said of it, all of them asked at once."""
    inventories = {str(inventory.write(directory)): inventory for inventory in map(mutated, numbers)}
    done = offline.check_inventory(*inventories)
    lines: dict[str, list[str]] = {path: [] for path in inventories}
    for line in done.stdout.splitlines():
        path, _colon, text = line.partition(": ")
        # Where several own one machine, the line begins with none of them: these own one each.
        lines[path].append(text)
    assert all(lines.values()), f"nothing was said of some: {done.stderr}"
    return [
        (inventory, [text for text in lines[path] if not text.endswith(GOOD)])
        for path, inventory in inventories.items()
    ]


def wrong(found: Iterable[tuple[Drawn, list[str]]]) -> dict[int, list[str]]:
    """Of each number what does not fit what was done to it."""
    unfit = {inventory.number: unmatched(inventory, texts) for inventory, texts in found}
    return {number: texts for number, texts in unfit.items() if texts}
