# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traefik as a deployment sees it: its file, its network, its public port, and what it logs of each answer."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands, Done
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed, Request
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import REVERB, Colour, apps
from ansible_collections.plannerate.infra.plugins.module_utils._docker.traefik import ASK, load_problems

# How long Traefik may take to load a file, and the engine to tell what it logged.
LOAD_SECONDS, LOG_SECONDS = 20, 15
# Answers through the public port that have to come from the new release, one after the other.
CONFIRMED = 3
# Runs in Traefik's network. Prints what is wrong, or nothing.
CHECK = """
import http.client, json, sys, time
checks, times = json.loads(sys.argv[1]), int(sys.argv[2])
for turn in range(times):
    if turn:
        time.sleep(0.3)
    for check in checks:
        connection = http.client.HTTPConnection(check["address"], check["port"], timeout=check["seconds"])
        try:
            connection.request("GET", check["path"], headers=check["headers"])
            status = connection.getresponse().status
        except Exception as problem:
            status = "%s: %s" % (type(problem).__name__, problem)
        connection.close()
        if status not in check["expected"]:
            print("%s answers %s to GET %s, expected %s" % (check["name"], status, check["path"], check["expected"][0]))
            sys.exit()
"""
_UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "cmVsZWFzZSBjaGVjay4uLg==",
}  # fmt: skip


class Place(NamedTuple):
    """``file``: the environment's, in the directory that Traefik watches. ``network``: between Traefik and the environment. ``address``:
    where Traefik listens on the machine.
    """

    container: str
    file: str
    network: str
    environment: str
    domain: str
    address: str


class Proxy:
    """:arg shows_log: whether errors that Traefik logged, also those of other environments, come into a message."""

    def __init__(self, commands: Commands, place: Place, shows_log: bool = True) -> None:
        self.commands, self.place, self.shows_log = commands, place, shows_log

    def answers(self, inspected: Mapping[str, Any], colour: Colour, times: int, key: str) -> str:
        checks = [self._check(inspected, colour, service, 80, "/up", [200]) for service in apps(colour)]
        if key and REVERB in colour["containers"]:
            checks.append(self._check(inspected, colour, REVERB, 8080, f"/app/{key}", [101], _UPGRADE))
        return self._checked(checks, times)

    def warm(self, inspected: Mapping[str, Any], colour: Colour, pages: Sequence[str]) -> str:
        # Whatever needs a login says so.
        passes = [*range(200, 500)]
        found = [self._check(inspected, colour, each, 80, page, passes) for page in pages for each in apps(colour)]
        return self._checked(found, 2)

    def routes(self) -> str:
        return _read(self.place.file)

    def route(self, text: str) -> None:
        """:raises GateFailed: with the file of before in place."""
        before, began = self.routes(), time.time()
        problem = "the wait for Traefik was broken off"
        self._put(text)
        try:
            problem = self._loaded(text)
        finally:
            if problem:
                self._put(before)
        if problem:
            raise GateFailed(
                "traefik", "; ".join([problem, *self._errors(began), "the file of before is in place again"])
            )

    def confirm(self, containers: Sequence[str]) -> str:
        began = time.time()
        marks = [f"release-{uuid.uuid4().hex}" for _each in range(CONFIRMED)]
        for mark in marks:
            try:
                status = self._ask_public(f"/up?{mark}", mark)
            except OSError as problem:
                return f"https://{self.place.domain}/up does not answer on {self.place.address}: {problem}"
            if status != 200:
                return f"https://{self.place.domain}/up answers {status}, expected 200"
        deadline = time.time() + LOG_SECONDS
        servers: dict[str, str] = {}
        while time.time() < deadline and len(servers) < CONFIRMED:
            for entry in self._log(began - 1):
                # A Traefik that was converged before logs no User-Agent, one that was since logs no query.
                said = f"{entry.get('RequestPath')} {entry.get('request_User-Agent')}"
                servers.update({mark: _server(entry) for mark in marks if mark in said})
            time.sleep(0.2)
        if len(servers) < CONFIRMED:
            return f"Traefik logged {len(servers)} of {CONFIRMED} answers, expected all: does its accessLog go to its output?"
        others = sorted(set(servers.values()) - set(containers))
        return (
            f"{', '.join(others)} answered through the public port, expected {', '.join(containers)}" if others else ""
        )

    def requests(self, since: float) -> list[Request]:
        own = [
            each for each in self._log(since) if str(each.get("RouterName")).startswith(f"{self.place.environment}-")
        ]
        return [
            Request(_server(each), int(each.get("DownstreamStatus", 0)), each.get("Duration", 0) / 1e9) for each in own
        ]

    def _errors(self, since: float) -> list[str]:
        """The last ones that Traefik logged; its other lines are visitors', also those of other environments."""
        if not self.shows_log:
            return []
        done = self.commands.run(["docker", "logs", "--since", f"{since:.3f}", self.place.container], 60)
        return [line for line in done.output.splitlines() if '"level":"error"' in line][-3:]

    def _log(self, since: float) -> list[dict[str, Any]]:
        done = self.commands.run(["docker", "logs", "--since", f"{since:.3f}", self.place.container], 60)
        entries = []
        for line in done.output.splitlines():
            if '"RequestPath"' in line:
                try:
                    entries.append(json.loads(line))
                except ValueError:
                    continue
        return entries

    def _check(
        self, inspected: Mapping[str, Any], colour: Colour, service: str, port: int, path: str, expected: Sequence[int],
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        name = colour["containers"][service]
        networks = inspected.get(name, {}).get("NetworkSettings", {}).get("Networks", {})
        address = networks.get(self.place.network, {}).get("IPAddress", "")
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": self.place.domain, "X-Forwarded-Port": "443"}
        return {
            "name": name, "address": address or "0.0.0.0", "port": port, "path": path, "seconds": 5, "expected": list(expected),
            "headers": {"Host": self.place.domain, **forwarded, **(headers or {})},
        }  # fmt: skip

    def _checked(self, checks: Sequence[dict[str, Any]], times: int) -> str:
        done = self._inside(CHECK, json.dumps(checks), str(times))
        return done.output.strip() or ("" if not done.code else "its network cannot be entered")

    def _inside(self, script: str, *arguments: str) -> Done:
        """Python in Traefik's network."""
        found = self.commands.inspect([self.place.container]).get(self.place.container)
        if not found or not found["State"]["Pid"]:
            raise GateFailed("traefik", f"the container {self.place.container} does not run, expected Traefik in it")
        target = f"--target={found['State']['Pid']}"
        return self.commands.run(["nsenter", target, "--net", sys.executable, "-c", script, *arguments])

    def _put(self, text: str) -> None:
        """The file that it replaces stays beside it, so that the way back needs no room on the disk."""
        # Traefik reads whatever ends in .yml.
        before, new = f"{self.place.file}.before", f"{self.place.file}~"
        if os.path.exists(before) and _read(before) == text:
            # Changed places: what was there is the way back now.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new)
            os.link(self.place.file, new)
            os.rename(before, self.place.file)
            os.rename(new, before)
            return
        with open(new, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.unlink(before)
        os.link(self.place.file, before)
        os.rename(new, self.place.file)

    def _loaded(self, text: str) -> str:
        """What is wrong; empty once Traefik serves all of it."""
        content = json.loads(text[text.index("{") :])
        mark = next(name for name in content["http"]["middlewares"] if name.startswith("loaded-"))
        deadline = time.time() + LOAD_SECONDS
        while time.time() < deadline:
            done = self._inside(ASK, "8080")
            answer = json.loads(done.output) if not done.code else {"middlewares": []}
            if f"{mark}@file" in {row["name"] for row in answer["middlewares"]}:
                return "; ".join(load_problems(content, answer))
            time.sleep(0.2)
        return f"Traefik did not load {self.place.file} within {LOAD_SECONDS} s"

    def _ask_public(self, path: str, name: str) -> int:
        # Whether browsers trust the certificate is asked elsewhere.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPConnection(self.place.address, 443, timeout=10)
        plain = socket.create_connection((self.place.address, 443), timeout=10)
        connection.sock = context.wrap_socket(plain, server_hostname=self.place.domain)
        try:
            connection.request("GET", path, headers={"Host": self.place.domain, "User-Agent": name})
            return connection.getresponse().status
        except http.client.HTTPException as problem:
            raise OSError(f"{type(problem).__name__}: {problem}") from problem
        finally:
            connection.close()


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _server(entry: Mapping[str, Any]) -> str:
    return str(entry.get("ServiceAddr", "")).rpartition(":")[0]
