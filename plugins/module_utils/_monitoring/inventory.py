# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the inventory's monitoring cannot work. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import is_source

# An exporter listens on the member's port with a 1 before it: a unit can write that, but cannot add.
MEMBER_PORTS_BELOW = 10000
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")


# Alertmanager's own names. Other releases have more: what only resembles one of these, or has another form, is misspelt.
_RECEIVERS = [
    *("discord_configs", "email_configs", "incidentio_configs", "jira_configs", "mattermost_configs"),
    *("msteams_configs", "msteamsv2_configs", "opsgenie_configs", "pagerduty_configs", "pushover_configs"),
    *("rocketchat_configs", "slack_configs", "sns_configs", "telegram_configs", "victorops_configs"),
    *("webex_configs", "webhook_configs", "wechat_configs"),
]
_SMTP = [
    *(
        "smtp_smarthost",
        "smtp_from",
        "smtp_hello",
        "smtp_auth_username",
        "smtp_auth_password",
        "smtp_auth_password_file",
    ),
    *("smtp_auth_identity", "smtp_auth_secret", "smtp_require_tls", "smtp_tls_config"),
]


class Grafana(TypedDict):
    """Without a ``domain`` there is none. ``sources``: whom Traefik lets in. ``taken``: names that Traefik has for something else."""

    domain: str
    sources: Sequence[Any]
    taken: Sequence[str]


class Wanted(TypedDict):
    """Variables of the role P(plannerate.infra.monitoring#role), and what it watches on this machine."""

    receiver: Mapping[str, Any]
    without_receiver: bool
    smtp: Mapping[str, Any]
    # Names of the machines on which Prometheus runs.
    servers: Sequence[str]
    # PostgreSQL members of this machine, each with name and port.
    members: Sequence[Mapping[str, Any]]
    runbook_url: str
    docker_hosts: Sequence[str]
    # Of the servers.
    addresses: Sequence[str]
    grafana: Grafana


def problems(wanted: Wanted) -> list[str]:
    """Every reason why monitoring cannot work, each as one sentence with what was found and what to do; without servers there is none."""
    if not wanted["servers"]:
        return []
    result = []
    if not (wanted["receiver"] or wanted["without_receiver"]):
        result.append(
            "monitoring_receiver is empty, so alerts would go nowhere. Set it to a receiver of Alertmanager (webhook_configs, "
            "email_configs, ...), or set monitoring_without_receiver: true if that is intended"
        )
    result += _unknown("monitoring_receiver", wanted["receiver"], _RECEIVERS, r"\w+_configs")
    result += _unknown("monitoring_smtp", wanted["smtp"], _SMTP, r"\w+")
    if not re.fullmatch(r"https?://[^\s#]+", wanted["runbook_url"]):
        result.append(
            f"monitoring_runbook_url is '{wanted['runbook_url']}', expected the URL of a page, to which each alert adds # and its name: "
            "https://..., without blanks and #"
        )
    wide = [member["name"] for member in wanted["members"] if member["port"] >= MEMBER_PORTS_BELOW]
    if wide:
        result.append(
            f"postgres_port of {', '.join(wide)} is too high, expected one below {MEMBER_PORTS_BELOW}: the exporter of a member "
            "listens on the member's port with a 1 before it"
        )
    return result + (_grafana_problems(wanted) if wanted["grafana"]["domain"] else [])


def _grafana_problems(wanted: Wanted) -> list[str]:
    domain, sources = wanted["grafana"]["domain"], wanted["grafana"]["sources"]
    result = []
    if not _DOMAIN.fullmatch(domain):
        result.append(f"monitoring_grafana_domain is '{domain}', expected a name such as grafana.example.com")
    if domain in wanted["grafana"]["taken"]:
        result.append(
            f"monitoring_grafana_domain is '{domain}', which is an environment's in docker_host_environments, expected a name of its own, "
            f"such as grafana.{domain}"
        )
    elsewhere = [name for name in wanted["servers"] if name not in wanted["docker_hosts"]]
    if elsewhere:
        result.append(
            f"monitoring_grafana_domain is '{domain}', but {', '.join(elsewhere)} of the group monitoring is not in docker_hosts. Grafana "
            "is a container beside Prometheus and behind Traefik: put the machine into docker_hosts, or leave the name empty"
        )
    unreachable = [address for address in wanted["addresses"] if ":" in address]
    if unreachable:
        result.append(
            f"monitoring_grafana_domain is '{domain}', but Traefik's network has no IPv6, and the machine's address is "
            f"{', '.join(unreachable)}, expected one of IPv4: write it as machine_address, or leave the name empty"
        )
    for source in sources:
        if not is_source(source):
            result.append(
                f"monitoring_grafana_sources has {source}, expected an IP address, or a network such as 192.0.2.0/24"
            )
        elif str(source).endswith("/0"):
            result.append(
                f"monitoring_grafana_sources has {source}, which is everybody, expected those from where its users come"
            )
    return result


def _unknown(option: str, given: Mapping[str, Any], known: Sequence[str], form: str) -> list[str]:
    found = []
    for key in given:
        alike = get_close_matches(key, known, n=1, cutoff=0.9)
        if key not in known and (alike or not re.fullmatch(form, key)):
            meant = f"is {alike[0]} meant?" if alike else f"expected names such as {known[0]}"
            found.append(f"{option}: {key} is not known, {meant}")
    return found
