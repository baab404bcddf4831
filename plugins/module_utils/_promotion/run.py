# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of primary from its options to its result, wherever its commands run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.change import Change, PromotionRefused
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.failover import Failover
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Machine, StepFailed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.restart import Restart
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.switchover import Switchover

MODES: dict[str, type[Change]] = {"switchover": Switchover, "failover": Failover, "restart": Restart}


def carry_out(params: Mapping[str, Any], machines: Mapping[str, Machine], check_mode: bool) -> dict[str, Any]:
    """The module's result.

    :arg params: options as in :func:`options.argument_spec`.
    :arg machines: mapping of machine name to a :class:`machine.Machine`.
    """
    change: Change | None = None
    try:
        change = MODES[params["mode"]](params, machines)
        sentences = change.describe()
        if check_mode:
            return {"changed": change.would_change, "plan": sentences}
        seconds = change.run()
    except PromotionRefused as refused:
        if change and not check_mode:
            change.refused()
        return {"failed": True, "changed": bool(change and change.changed), "msg": "\n".join(refused.args)}
    except StepFailed as failed:
        steps = change.steps if change else []
        return {"failed": True, "changed": bool(change and change.changed), "msg": str(failed), "steps": steps}
    return {
        "changed": change.changed,
        "plan": change.sentences or sentences,
        "steps": change.steps,
        "seconds": seconds,
        "primary": change.new_primary,
        "notes": change.notes,
    }
