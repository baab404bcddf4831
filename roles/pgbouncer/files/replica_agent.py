# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells HAProxy which members may serve reads: those that are standbys, answer, and are not left behind.

Keeps one connection to each member and asks it every second. HAProxy's agent check sends a member's name and gets "up ready" or
"down". A member that was promoted is down, since writes would get through. A standby that is late is down as long as another one
is not: it lost its primary, and its data are old.
"""

from __future__ import annotations

import collections
import json
import logging
import os
import socketserver
import sys
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple, Optional

QUERY = """
SELECT pg_is_in_recovery(),
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')
"""
INTERVAL = 1.0
# A member whose answer is older does not answer: it may hang with its connection open.
SILENT_AFTER = 3.0
READY, DOWN = "up ready", "down"


class Answer(NamedTuple):
    """What a member said last, and when. ``position`` is a number of bytes since the beginning of the WAL."""

    time: float
    standby: bool
    position: int


# By member name; None of a member that does not answer.
Answers = Mapping[str, Optional[Answer]]


def verdicts(answers: Answers, now: float, reached: int) -> dict[str, str]:
    """Member name to READY, or DOWN with a reason.

    :arg now: the time, by the same clock as the answers'.
    :arg reached: the WAL position that some member had reached when a standby should have it by now.
    """
    result: dict[str, str] = {}
    standbys: dict[str, Answer] = {}
    for name, answer in answers.items():
        if answer is None or now - answer.time > SILENT_AFTER:
            result[name] = f"{DOWN} #does not answer"
        elif not answer.standby:
            result[name] = f"{DOWN} #takes writes"
        else:
            standbys[name] = answer
    current = [name for name, answer in standbys.items() if answer.position >= reached]
    for name in standbys:
        result[name] = READY if name in current or not current else f"{DOWN} #left behind"
    return result


class Furthest:
    """The furthest WAL position of all members, as it was some time ago."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.past: collections.deque[tuple[float, int]] = collections.deque()
        self.value = 0

    def add(self, now: float, position: int) -> None:
        self.past.append((now, position))

    def reached(self, now: float) -> int:
        while self.past and self.past[0][0] <= now - self.delay:
            self.value = max(self.value, self.past.popleft()[1])
        return self.value


class Watch:
    """Asks the members, each in a thread of its own, and remembers what they said last."""

    def __init__(self, members: Mapping[str, str], delay: float) -> None:
        self.answers: dict[str, Answer | None] = dict.fromkeys(members)
        self.furthest, self.lock = Furthest(delay), threading.Lock()
        for name, conninfo in members.items():
            threading.Thread(target=self.ask, args=(name, conninfo), daemon=True).start()

    def ask(self, name: str, conninfo: str) -> None:
        import psycopg2

        last_error = None
        while True:
            connection = None
            try:
                connection = psycopg2.connect(conninfo)
                connection.autocommit = True
                with connection.cursor() as cursor:
                    while True:
                        cursor.execute(QUERY)
                        ((standby, position),) = cursor.fetchall()
                        self.remember(name, Answer(time.monotonic(), standby, int(position or 0)))
                        if last_error is not None:
                            logging.info("%s answers again", name)
                            last_error = None
                        time.sleep(INTERVAL)
            except psycopg2.Error as error:
                self.remember(name, None)
                text = str(error).strip().splitlines()[0]
                if text != last_error:
                    logging.warning("%s: %s", name, text)
                    last_error = text
            finally:
                if connection is not None:
                    connection.close()
            time.sleep(INTERVAL)

    def remember(self, name: str, answer: Answer | None) -> None:
        with self.lock:
            self.answers[name] = answer
            if answer is not None:
                self.furthest.add(answer.time, answer.position)

    def verdict(self, name: str) -> str:
        with self.lock:
            now = time.monotonic()
            return verdicts(self.answers, now, self.furthest.reached(now)).get(name, f"{DOWN} #not a member")


class AgentServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def handler(watch: Watch) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        timeout = 2

        def handle(self) -> None:
            name = self.rfile.readline(256).decode("utf-8", "replace").strip()
            self.wfile.write(f"{watch.verdict(name)}\n".encode())

    return Handler


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with open(sys.argv[1], encoding="utf-8") as stream:
        config = json.load(stream)
    with open(config["password_file"], encoding="utf-8") as stream:
        os.environ["PGPASSWORD"] = stream.read().rstrip("\n")
    watch = Watch(config["members"], config["max_delay"])
    with AgentServer((config["address"], config["port"]), handler(watch)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
