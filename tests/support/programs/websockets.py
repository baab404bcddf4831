"""Listens by many websockets, as Pusher's clients do, to numbered events that it has the application tell; who is closed connects again.

Takes a job as JSON on standard input and answers with one line of JSON, once its file "stop" is there. Needs python3-websocket.
"""

from __future__ import annotations

import json
import os
import ssl
import struct
import sys
import threading
import time
import urllib.request

import websocket

JOB = json.load(sys.stdin)
TRUST = ssl.create_default_context(cafile=JOB["roots"])
# How long who is refused waits.
AGAIN = 0.2


def stopped():
    return os.path.exists(JOB["stop"])


class Listener(threading.Thread):
    """``connections``: one after the other, each with when it was subscribed, when and by which code it was closed, and the events by
    their numbers. ``refused``: connections that were not made.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.connections, self.refused = [], []

    def run(self):
        while not stopped():
            try:
                self.listen(self.connect())
            except (OSError, websocket.WebSocketException) as problem:
                self.refused.append([time.time(), repr(problem)])
                time.sleep(AGAIN)

    def connect(self):
        url = f"wss://{JOB['domain']}/app/{JOB['key']}"
        connection = websocket.create_connection(url, timeout=20, sslopt={"ca_certs": JOB["roots"]})
        json.loads(connection.recv())
        connection.send(json.dumps({"event": "pusher:subscribe", "data": {"channel": "news"}}))
        connection.recv()
        self.connections.append({"opened": time.time(), "closed": None, "code": None, "heard": {}})
        connection.settimeout(1)
        return connection

    def listen(self, connection):
        mine = self.connections[-1]
        while not stopped():
            try:
                operation, data = connection.recv_data()
            except websocket.WebSocketTimeoutException:
                continue
            except (OSError, websocket.WebSocketException):
                # Without a word.
                mine.update(closed=time.time(), code=1006)
                return
            if operation == websocket.ABNF.OPCODE_CLOSE:
                code = struct.unpack("!H", data[:2])[0] if len(data) > 1 else 1005
                mine.update(closed=time.time(), code=code)
                return
            message = json.loads(data)
            if message["event"] == "said":
                mine["heard"][int(json.loads(message["data"])["text"])] = time.time()


def say(number):
    request = f"https://{JOB['domain']}/events"
    urllib.request.urlopen(request, f"text={number}".encode(), timeout=20, context=TRUST).read()


def main():
    listeners = [Listener() for _number in range(JOB["sockets"])]
    for listener in listeners:
        listener.start()
        # They come one after the other, as people do.
        time.sleep(0.02)
    while not all(listener.connections for listener in listeners) and not stopped():
        time.sleep(0.1)
    open(JOB["ready"], "w").close()
    said: dict[int, float] = {}
    unsaid: list[list] = []
    while not stopped():
        number = len(said) + len(unsaid)
        try:
            say(number)
            said[number] = time.time()
        except OSError as problem:
            unsaid.append([time.time(), repr(problem)])
        time.sleep(JOB["every"])
    for listener in listeners:
        listener.join(timeout=30)
    print(
        json.dumps(
            {
                "listeners": [listener.connections for listener in listeners],
                "refused": [each for listener in listeners for each in listener.refused],
                "said": said,
                "unsaid": unsaid,
            }
        )
    )


main()
