# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A status page on this machine: Gatus with the configuration that the role renders, and an application that it watches."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import ssl
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for
from support.helpers.object_store import _free_ports
from support.helpers.plays import values_of_role

IMAGE = yaml.safe_load((ROOT / "roles/status_page/defaults/main.yml").read_text())["status_page_image"]
BINARY = ROOT / ".cache/gatus" / IMAGE.partition("@")[0].rpartition(":")[2] / "gatus"
DOMAIN = "shop.test"
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def certificate(directory: Path, days: int) -> Path:
    """One for 127.0.0.1 that is its own authority, with its key in the same file."""
    file = directory / f"{days}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=shop",
               "-addext", "subjectAltName=IP:127.0.0.1", "-days", str(days), "-keyout", "-", "-out", "-"]  # fmt: skip
    file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return file


class Application:
    """A web server with TLS: /up, a path of the database, and Reverb's handshake."""

    def __init__(self) -> None:
        (self.port,) = _free_ports(1)
        # What each path answers, and what Reverb says first.
        self.answers = {"/up": 200, "/health/database": 200}
        self.event = "pusher:connection_established"
        self.seen: list[tuple[str, str]] = []
        self.server: ThreadingHTTPServer | None = None

    def start(self, certificate_file: Path) -> None:
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                application.seen.append((path, self.headers.get("Origin", "")))
                if path == "/app/production" and "websocket" in self.headers.get("Upgrade", ""):
                    self._handshake()
                    return
                self.send_response(application.answers.get(path, 404))
                self.end_headers()

            def _handshake(self) -> None:
                digest = hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + _WEBSOCKET).digest()
                self.send_response(101)
                for name, value in {"Upgrade": "websocket", "Connection": "Upgrade"}.items():
                    self.send_header(name, value)
                self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
                self.end_headers()
                text = json.dumps({"event": application.event, "data": "{}"}).encode()
                self.wfile.write(bytes([0x81, len(text)]) + text)
                self.rfile.read(2)

            def log_message(self, *_words: object) -> None:
                pass

        Handler.protocol_version = "HTTP/1.1"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate_file)
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


class StatusPage:
    """Gatus, which comes to the application's port under another name than visitors do."""

    def __init__(self, directory: Path, application: Application, authority: Path, **variables: Any) -> None:
        self.directory, self.authority = directory, authority
        (self.port,) = _free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        given = {
            "docker_host_environments": {"production": {"domain": DOMAIN}},
            "status_page_environments": {"production": {"title": "Loja", "tenant": "demo", "database_path": "/health/database"}},
            "status_page_interval": 1,
            "status_page_port": self.port,
            "status_page_language": "pt-BR",
            **variables,
        }  # fmt: skip
        (page,) = values_of_role(
            directory,
            "status_page",
            ("lookup('ansible.builtin.template', 'page.yaml.j2')", {"ansible_managed": "", **given}),
        )
        here = f"127.0.0.1:{application.port}"
        for there in (f"tls://{DOMAIN}:443", f"https://demo.{DOMAIN}", f"https://{DOMAIN}", f"wss://{DOMAIN}"):
            page = page.replace(there, f"{there.partition(':')[0]}://{here}")
        (directory / "page.yaml").write_text(page.replace("/data/", f"{directory}/"))
        self.process: subprocess.Popen[bytes] | None = None
        self.sizes = itertools.cycle(range(30, 100))

    def start(self) -> None:
        env = {
            **os.environ,
            "GATUS_CONFIG_PATH": str(self.directory / "page.yaml"),
            "GATUS_LOG_LEVEL": "WARN",
            "SSL_CERT_FILE": str(self.authority),
        }
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen([BINARY], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self.answers, 20, "Gatus", lambda: (self.directory / "log").read_text()[-2000:])

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
        self.process = None

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return answer.read().decode()

    def answers(self) -> bool:
        try:
            return bool(self.get("/health"))
        except OSError:
            return False

    def statuses(self) -> list[dict[str, Any]]:
        # Each answer is kept for ten seconds, for whoever asks for as many results.
        return json.loads(self.get(f"/api/v1/endpoints/statuses?page=1&pageSize={next(self.sizes)}"))

    def up(self) -> dict[str, bool]:
        """Whether each line's last try succeeded."""
        return {each["name"]: each["results"][-1]["success"] for each in self.statuses() if each["results"]}
