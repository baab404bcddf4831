# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that a standby must have at least as high as its primary, or it stops replaying. Pure.

So they are raised on the standbys first, and lowered on the primary first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional, Union

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import CONTROL_SETTINGS

NAMES = tuple(CONTROL_SETTINGS)
# Values as the inventory, a control file or a server has them; None where nothing is known.
Settings = Optional[Mapping[str, Union[int, str, None]]]


def minimums(desired: Settings, control: Settings, primary: Settings) -> dict[str, int]:
    """What a standby is given: what is desired, but never less than its control file and its primary say.

    :arg control: settings in the standby's control file: its primary's, as far as it has replayed.
    :arg primary: settings of the running primary.
    """
    return {name: max(_value(settings, name) or 0 for settings in (desired, control, primary)) for name in NAMES}


def lowered(desired: Settings, control: Settings) -> list[str]:
    """Names of those of which less is desired than the standby's control file says; none where it says nothing."""
    return [name for name in NAMES if _is_higher(control, desired, name)]


def _is_higher(these: Settings, those: Settings, name: str) -> bool:
    this, that = _value(these, name), _value(those, name)
    return this is not None and that is not None and this > that


def _value(settings: Settings, name: str) -> int | None:
    """None also where it is no number, which the server refuses by itself."""
    try:
        return int(str((settings or {}).get(name)))
    except ValueError:
        return None
