"""Whom alerts are told to: keeps each with its time in /var/lib/alerts/told.jsonl, and raises the alarm itself when the dead man's
switch is not called any more."""

from __future__ import annotations

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOLD = Path("/var/lib/alerts/told.jsonl")
CALLED = Path("/var/lib/alerts/dead-man")
# Alertmanager calls every minute, or every second one when its timers fall badly.
SILENCE_SECONDS = 150
LOCK = threading.Lock()


def note(name: str, status: str, labels: dict[str, str]) -> None:
    with LOCK, TOLD.open("a") as file:
        file.write(json.dumps({"at": time.time(), "name": name, "status": status, "labels": labels}) + "\n")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/dead-man":
            CALLED.write_text(str(time.time()))
        else:
            for alert in message["alerts"]:
                note(alert["labels"]["alertname"], alert["status"], alert["labels"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Nothing: what came is in the files."""


def watch() -> None:
    """Before the first call there is nothing to miss."""
    silent = False
    while True:
        time.sleep(1)
        if CALLED.exists() and silent != (time.time() - float(CALLED.read_text() or 0) > SILENCE_SECONDS):
            silent = not silent
            note("MonitoringSilent", "firing" if silent else "resolved", {})


def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/etc/ssl/internet/tls.crt", "/etc/ssl/internet/tls.key")
    server = ThreadingHTTPServer(("0.0.0.0", 9199), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=watch, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
