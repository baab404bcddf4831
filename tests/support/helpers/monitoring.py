# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitoring as tests see it: what Prometheus answers on its machine, and what arrived at the receiver of alerts."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import Host, over_ssh, wait_for

RULES = ROOT / "roles/monitoring/files/rules"
LOADED_RULES = "/etc/prometheus/rules.yml"
RECEIVER = ["docker", "exec", "plannerate-lab-internet"]
QUIET = {"DeadMansSwitch"}
ASK = "import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())"
# Alerts that wait for hours or days on purpose: a drill does not hurry them.
PATIENT = (
    "BackupMissing", "BackupNeverVerified", "SecurityUpdatesPending", "SecurityUpdatesNeedPatch", "RebootNeeded",
)  # fmt: skip


class Monitoring:
    """Prometheus and Alertmanager on one machine; both listen on its loopback only.

    :arg machines: addresses of all monitored machines by their names.
    :arg authority: the machine that keeps the credentials.
    :arg reach: gives the machine with an address, as root.
    """

    def __init__(
        self,
        name: str,
        machines: dict[str, str],
        members: tuple[str, ...],
        authority: str,
        reach: Callable[[str], Host] = over_ssh,
    ) -> None:
        self.name = name
        self.machines = machines
        self.members = members
        self.authority = authority
        self.reach = reach
        self.machine = self.of(name)

    def of(self, name: str) -> Host:
        """A monitored machine, as root."""
        return self.reach(self.machines[name])

    def api(self, path: str) -> dict[str, Any]:
        answer = self.machine.check_output(
            f"python3 -c {shlex.quote(ASK)} {shlex.quote('http://127.0.0.1:9090' + path)}"
        )
        return json.loads(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        return self.api(f"/api/v1/query?query={quote(expression)}")["result"]

    def targets(self) -> list[dict[str, Any]]:
        return self.api("/api/v1/targets?state=active")["activeTargets"]

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self.api("/api/v1/rules")["groups"] for rule in group["rules"]]

    def firing(self) -> set[str]:
        return {rule["name"] for rule in self.rules() if rule.get("state") == "firing"}

    def wait_until_quiet(self, timeout: float = 240) -> None:
        """What others did to the lab before may still be told."""
        self.wait_until_scraped()
        told = 'ALERTS{alertstate="firing", alertname!="DeadMansSwitch"}'
        wait_for(
            lambda: self.firing() == QUIET,
            timeout=timeout,
            what="no alert but the dead man's switch",
            found=lambda: [sample["metric"] for sample in self.query(told)],
        )

    def wait_until_scraped(self, seconds: int = 0) -> None:
        """Every target was asked later than so many seconds from now.

        Only then is what is gone known to be gone: a series that vanishes between a scrape and a reload stays for five minutes.
        """
        then = datetime.fromisoformat(self.machine.check_output(f"date --date '{seconds} seconds' --iso-8601=seconds"))
        wait_for(
            # Told in the machine's time zone.
            lambda: all(datetime.fromisoformat(target["lastScrape"]) > then for target in self.targets()),
            timeout=60,
            what="a scrape",
        )

    def reload(self, unit: str = "prometheus") -> None:
        self.machine.check_output(f"systemctl reload {unit}")

    @contextmanager
    def hurried(self, thresholds: dict[str, tuple[str, str]] | None = None) -> Iterator[None]:
        """Every `for:` is 2 s and Alertmanager does not gather; an expression may have another threshold. As converged afterwards.

        :arg thresholds: alert to (what its expression has, what it is to have).
        """
        machine = self.machine
        keep = "rm -rf /run/kept && mkdir /run/kept && cp -a /etc/prometheus/*.yml /run/kept"
        machine.check_output(keep)
        try:
            groups = [
                group for path in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text())["groups"]
            ]
            for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
                if rule["alert"] not in PATIENT:
                    rule["for"] = "2s"
                old, new = (thresholds or {}).get(rule["alert"], ("", ""))
                assert old in rule["expr"], f"{rule['alert']} has no {old}"
                rule["expr"] = rule["expr"].replace(old, new) if old else rule["expr"]
            text = shlex.quote(yaml.safe_dump({"groups": groups}, sort_keys=False))
            machine.check_output(f"printf %s {text} > {LOADED_RULES} && promtool check rules {LOADED_RULES}")
            machine.check_output(
                "sed -i -e 's/group_wait: .*/group_wait: 1s/' -e 's/group_interval: .*/group_interval: 3s/' "
                "/etc/prometheus/alertmanager.yml && amtool check-config /etc/prometheus/alertmanager.yml"
            )
            machine.check_output(
                "sed -i -e 's/_interval: .*s$/_interval: 4s/' -e 's/_timeout: .*s$/_timeout: 4s/' /etc/prometheus/prometheus.yml "
                "&& promtool check config /etc/prometheus/prometheus.yml"
            )
            self.reload("prometheus-alertmanager")
            self.reload()
            # The new settings have to have seen what is there.
            self.wait_until_scraped(seconds=10)
            yield
        finally:
            machine.check_output("cp -a /run/kept/. /etc/prometheus/")
            self.reload()
            self.reload("prometheus-alertmanager")


class Receiver:
    """Whom alerts are told to, outside of the installation."""

    def now(self) -> float:
        return float(self._ask("date", "+%s.%N"))

    def told(self, since: float = 0.0) -> list[dict[str, Any]]:
        """What arrived after a moment of the receiver's clock: name, status, labels and time."""
        found = [json.loads(line) for line in self._ask("cat", "/var/lib/alerts/told.jsonl").splitlines()]
        return [alert for alert in found if alert["at"] >= since]

    def last_call(self) -> float:
        """When the dead man's switch was called last; 0 if it never was."""
        return float(self._ask("cat", "/var/lib/alerts/dead-man") or 0)

    def arrival(self, name: str, status: str, since: float, timeout: float, **labels: str) -> float:
        """Seconds from a moment until it was told; labels narrow down which one is meant."""

        def seen() -> list[dict[str, Any]]:
            return [
                alert
                for alert in self.told(since)
                if (alert["name"], alert["status"]) == (name, status) and labels.items() <= alert["labels"].items()
            ]

        return wait_for(seen, timeout=timeout, what=f"{name} {status} at the receiver")[0]["at"] - since

    def _ask(self, *command: str) -> str:
        return subprocess.run([*RECEIVER, *command], capture_output=True, text=True, timeout=30, check=False).stdout


def read_by_rules() -> list[str]:
    """The series that the expressions of all rules read: names of metrics with their matchers."""
    return sorted(
        {
            selector
            for path in RULES.glob("*.yml")
            for group in yaml.safe_load(path.read_text())["groups"]
            for rule in group["rules"]
            for selector in selectors(rule["expr"])
        }
    )


def selectors(expression: str) -> set[str]:
    """The series that an expression reads: names of metrics with their matchers."""
    without_groups = re.sub(r"\b(?:by|on|group_left|ignoring|without)\s*\([^)]*\)", " ", expression)
    found = re.findall(
        r"(?<![\w\"$])([a-zA-Z_][a-zA-Z0-9_:]*(?:\{[^}]*\})?)(?!\s*\(|\w)", re.sub(r"\[[0-9a-z]+\]", "", without_groups)
    )
    return {name for name in found if "_" in name.split("{")[0].removeprefix("group_") or name.startswith("up{")}
