# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers of a Compose project are replaced, and why: by a label that says of what each was made. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import CREATED, REMOVED, STARTS

# The parts of the label, in its order: the names under which a reader knows them.
PARTS = ("its image", "its variables", "its definition")

_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)")
_LENGTH = 12


class Wanted(TypedDict):
    """A Compose project. ``names``: the container of each service, in the order in which they are replaced. ``definitions``: the label of
    each service. ``forced``: why a service is replaced whatever its label says, by its name.
    """

    project: str
    names: Mapping[str, str]
    definitions: Mapping[str, str]
    forced: Mapping[str, str]


class Plan(TypedDict):
    """``rows``: of the list of restarts. ``replaced``: services to see to one after the other, since containers are made anew; empty where
    all others can be created or started at once. ``removed``: containers. ``healthy``: application containers that can be sent requests;
    ``others``: those that can be while a service is seen to, when all before it have been.
    """

    rows: list[dict[str, str]]
    replaced: list[str]
    removed: list[str]
    healthy: list[str]
    others: dict[str, list[str]]


class _Container(NamedTuple):
    name: str
    state: str
    healthy: bool
    project: str
    definition: str


def definitions(
    services: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any],
    key: str,
    files: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, str]:
    """The label of each service: of what its container is made. Compose makes a container anew when its labels change.

    :arg services: as the Compose file has them; their labels do not count.
    :arg variables: what is in ``.env``. Those count that the service is given, or names.
    :arg files: what is in other files of variables, by the name that a service has as C(env_file).
    :arg key: a secret. Labels are shown to many, and one who has a single password's checksum can try passwords until one fits.
    """
    return {
        name: _definition(dict(service), (files or {}).get(service.get("env_file", ""), variables), key)
        for name, service in services.items()
    }


def for_release(label: str, service: Mapping[str, Any], key: str) -> str:
    """The label of a service that has another image and other names since, and the same variables."""
    image, _given, rest = _definition(dict(service), {}, key).split("-")
    return "-".join((image, label.split("-")[1], rest))


def _definition(service: dict[str, Any], variables: Mapping[str, Any], key: str) -> str:
    service.pop("labels", None)
    image = service.pop("image", "")
    named = set(_VARIABLE.findall(json.dumps(service)))
    given = {name: str(value) for name, value in variables.items() if "env_file" in service or name in named}
    return "-".join(_digest(part, key) for part in (image, given, service))


def _digest(value: object, key: str) -> str:
    text = json.dumps(value, sort_keys=True)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def plan(lines: Iterable[str], wanted: Wanted) -> Plan:
    """What becomes of the containers of a project.

    :arg lines: every container of the machine, as the probe of the role docker_host lists them.
    """
    found = {container.name: container for container in map(_container, lines)}
    names = wanted["names"]
    ready = [
        name for service, name in names.items() if _kind(service) == "app" and name in found and found[name].healthy
    ]
    result: Plan = {"rows": [], "replaced": [], "removed": [], "healthy": list(ready), "others": {}}
    one_by_one = False
    for service in _order(names, ready):
        name, is_app = names[service], _kind(service) == "app"
        result["others"][service] = [other for other in ready if other != name]
        kind = "app_beside_another" if is_app and result["others"][service] else _kind(service)
        container = found.get(name)
        runs = container is not None and container.state == "running"
        reason = container and (
            wanted["forced"].get(service) or _difference(container.definition, wanted["definitions"][service])
        )
        if container is None:
            result["rows"].append(_row(name, kind, "it is not there", CREATED))
        elif not runs:
            result["rows"].append(_row(name, kind, "it does not run", STARTS))
        elif reason:
            result["rows"].append(_row(name, kind, reason))
        if reason or not runs or (is_app and name not in ready):
            result["replaced"].append(service)
            ready += [name] if is_app and name not in ready else []
        one_by_one = one_by_one or bool(reason)
    if not one_by_one:
        result["replaced"] = []
    for container in found.values():
        if container.project == wanted["project"] and container.name not in wanted["names"].values():
            result["rows"].append(_row(container.name, "container", "the inventory does not have it", REMOVED))
            result["removed"].append(container.name)
    return result


def _order(names: Mapping[str, str], healthy: Collection[str]) -> list[str]:
    """The order of the names, but of the application containers first those that are not healthy: where they do not become so, the run
    ends before the last one that visitors are sent to is touched.
    """
    kinds = list(dict.fromkeys(map(_kind, names)))
    return sorted(names, key=lambda service: (kinds.index(_kind(service)), names[service] in healthy))


def _kind(service: str) -> str:
    """A second application container is the service app-2."""
    return "app" if re.fullmatch(r"app(-\d+)?", service) else service


def _row(name: str, kind: str, why: str, action: str | None = None) -> dict[str, str]:
    return {"name": name, "kind": kind, "why": why, **({"action": action} if action else {})}


def _container(line: str) -> _Container:
    line, _found, status = line.partition(" status=")
    name, state, *labels = line.split()
    by_key = dict(label.partition("=")[::2] for label in labels)
    # What somebody runs once with Compose is left alone.
    project = "" if by_key.get("oneoff") == "True" else by_key.get("project", "")
    return _Container(name, state, "(healthy)" in status, project, by_key.get("definition", ""))


def _difference(before: str, after: str) -> str:
    """What of a label differs, in words; empty where nothing does."""
    old, new = before.split("-"), after.split("-")
    if len(old) != len(PARTS):
        return "it was made by another version of this collection"
    differing = [part for part, one, other in zip(PARTS, old, new) if one != other]
    return f"{' and '.join(differing)} changed" if differing else ""
