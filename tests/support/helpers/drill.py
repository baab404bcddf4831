# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks things, waits until the alerts arrive at their receiver, repairs them, waits until they resolve, prints how long both took."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.helpers.monitoring import Monitoring, Receiver


@dataclass(frozen=True)
class Breakage:
    """Something that goes wrong, the alert that must tell it, and how it is put right.

    :arg harm: what is run on the machine; empty where the other threshold is all that is wrong.
    :arg alert: name of the alert; ``labels`` narrow down which.
    :arg threshold: what the alert's expression has, and what it has for the drill.
    """

    name: str
    machine: str
    harm: str
    repair: str
    alert: str
    labels: dict[str, str] = field(default_factory=dict)
    threshold: tuple[str, str] | None = None


def drill(
    monitoring: Monitoring, receiver: Receiver, breakages: list[Breakage], arrive: float = 150, resolve: float = 300
) -> None:
    """All at once, since they do not touch each other. Whatever happens, everything is repaired.

    :arg arrive: seconds until an alert must have arrived; ``resolve``: until it must have been called off.
    """
    thresholds = {breakage.alert: breakage.threshold for breakage in breakages if breakage.threshold}
    harmful = [breakage for breakage in breakages if breakage.harm]
    others = [breakage for breakage in breakages if not breakage.harm]
    monitoring.wait_until_quiet()
    lowered = receiver.now()
    with monitoring.hurried(thresholds):
        harmed = receiver.now()
        try:
            for breakage in harmful:
                monitoring.of(breakage.machine).check_output(breakage.harm)
            told = arrivals(receiver, "firing", harmful, harmed, arrive) | arrivals(
                receiver, "firing", others, lowered, arrive
            )
        finally:
            repaired = receiver.now()
            done = [(breakage.name, monitoring.of(breakage.machine).run(breakage.repair)) for breakage in harmful]
        assert [(name, result.stderr) for name, result in done if result.rc] == []
        resolved = arrivals(receiver, "resolved", harmful, repaired, resolve)
        raised = receiver.now()
    resolved |= arrivals(receiver, "resolved", others, raised, resolve)
    print(f"\n{'broken':28} {'alert':32} {'told after':>10} {'resolved':>9}")
    for each in breakages:
        print(f"{each.name:28} {each.alert:32} {told[each.name]:8.1f} s {resolved[each.name]:7.1f} s")


def arrivals(
    receiver: Receiver, status: str, breakages: list[Breakage], since: float, timeout: float
) -> dict[str, float]:
    """Seconds until each was told, by the breakages' names."""
    return {each.name: receiver.arrival(each.alert, status, since, timeout, **each.labels) for each in breakages}
