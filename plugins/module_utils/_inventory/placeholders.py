# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that an example has in the place of a real one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_PLACEHOLDER = re.compile(r"[A-Za-z0-9:./-]*\b(replace|change)[-_]?(me|the-[a-z]+)\b[A-Za-z0-9:./-]*", re.IGNORECASE)


def problems(variables: Mapping[str, object]) -> Iterator[str]:
    """Each variable that still has one, as one sentence.

    :arg variables: as they are written, so that what only refers to another one is not named beside it.
    """
    for name, value in variables.items():
        for text in _texts(value):
            found = _PLACEHOLDER.search(text)
            if found and "{{" not in text:
                where = "the vault (ansible-vault edit)" if name.startswith("vault_") else "its place"
                yield f"{name} is {found.group()}, as in the example. Write the real value in {where}"
                break


def is_one(text: object) -> bool:
    return bool(_PLACEHOLDER.search(str(text)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
