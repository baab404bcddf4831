# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log server on this machine: VictoriaLogs and HAProxy as the role writes them, and machines with certificates of its authority."""

from __future__ import annotations

import importlib.util
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import starmap
from pathlib import Path
from types import ModuleType

import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for
from support.helpers.object_store import _free_ports
from support.helpers.plays import values_of_role

FILES = ROOT / "roles/logs/files"
IMAGE = yaml.safe_load((ROOT / "roles/logs/defaults/main.yml").read_text())["logs_image"]
BINARY = ROOT / ".cache/victoria-logs" / IMAGE.rpartition(":")[2] / "victoria-logs"
INVENTORY = {
    "machines": {"hosts": {name: {"ansible_host": "127.0.0.1"} for name in ("app01", "db01")}},
    "log_servers": {"hosts": {"app01": {}}},
}
UPLOAD = "/lib/systemd/systemd-journal-upload"


def program(name: str) -> ModuleType:
    """One of the role's programs, as a module."""
    if str(FILES) not in sys.path:
        sys.path.append(str(FILES))
    spec = importlib.util.spec_from_file_location(name, FILES / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules.setdefault(name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """An authority, and a directory like machine_tls_directory for each machine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=machine CA",
                "-keyout", directory / "ca.key", "-out", directory / "ca.crt")  # fmt: skip

    def machine(self, name: str) -> Path:
        place = self.directory / name
        place.mkdir()
        (place / "ca.crt").write_bytes((self.directory / "ca.crt").read_bytes())
        for file, use in {"machine": "serverAuth", "client": "clientAuth"}.items():
            (place / "extensions").write_text(f"extendedKeyUsage={use}\nsubjectAltName=DNS:{name},IP:127.0.0.1\n")
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", place / f"{file}.key", "-out", place / "request")  # fmt: skip
            openssl("x509", "-req", "-in", place / "request", "-CA", self.directory / "ca.crt", "-CAkey", self.directory / "ca.key",
                    "-CAcreateserial", "-extfile", place / "extensions", "-out", place / f"{file}.crt")  # fmt: skip
        return place


class LogServer:
    """VictoriaLogs and HAProxy, with the files that the role renders, on ports of their own."""

    def __init__(self, directory: Path, authority: Authority) -> None:
        self.directory, self.tls = directory, authority.machine("app01")
        self.port, self.loopback = _free_ports(2)
        self.url = f"http://127.0.0.1:{self.loopback}"
        variables = {
            **yaml.safe_load((ROOT / "roles/logs/defaults/main.yml").read_text()),
            "logs_port": self.port,
            "_logs_loopback": f"127.0.0.1:{self.loopback}",
            "_logs_server_address": "127.0.0.1",
            "_logs_tls": str(self.tls),
            "docker_host_environments": {"production": {"domain": "a.test"}, "staging": {"domain": "b.test", "suffix": "test"}},
        }  # fmt: skip
        (directory / "hosts.json").write_text(json.dumps(INVENTORY))
        rendered = [
            f"lookup('ansible.builtin.template', '{name}.j2')"
            for name in ("haproxy.cfg", "victoria-logs.service", "upload.conf")
        ]
        proxy, unit, self.upload_configuration, self.search = values_of_role(
            directory,
            "logs",
            *((text, variables) for text in [*rendered, "_logs_search"]),
            inventory=str(directory / "hosts.json"),
        )
        (directory / "haproxy.cfg").write_text(proxy)
        words = unit.replace("\\\n", " ").split()
        self.flags = [
            word.replace("/data", str(directory / "data"))
            for word in words[words.index(IMAGE) + 1 :]
            if word.startswith("-") and "=" in word
        ]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self.start_storage()
        self._run("haproxy", "haproxy", "-db", "-f", str(self.directory / "haproxy.cfg"))
        wait_for(lambda: listens(self.port), 10, "HAProxy")

    def start_storage(self) -> None:
        self._run("storage", str(BINARY), *self.flags)
        wait_for(lambda: listens(self.loopback), 10, "VictoriaLogs")

    def stop_storage(self) -> None:
        self._stop("storage")

    def close(self) -> None:
        for name in list(self.running):
            self._stop(name)

    def _run(self, name: str, *command: str) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _stop(self, name: str) -> None:
        process = self.running.pop(name)
        process.terminate()
        process.wait(timeout=30)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def export(lines: list[Mapping[str, str]]) -> bytes:
    """Lines of a journal in the format in which they travel."""
    return b"".join(b"".join(starmap(_field, line.items())) + b"\n" for line in lines)


def _field(name: str, value: str) -> bytes:
    """What has several lines travels with its length before it."""
    if "\n" not in value:
        return f"{name}={value}\n".encode()
    return f"{name}\n".encode() + struct.pack("<Q", len(value.encode())) + f"{value}\n".encode()


def line(message: str, at: float, **fields: str) -> dict[str, str]:
    return {
        "__REALTIME_TIMESTAMP": str(int(at * 1e6)),
        "__MONOTONIC_TIMESTAMP": str(int(at * 1e6)),
        "_BOOT_ID": "0123456789abcdef0123456789abcdef",
        "MESSAGE": message,
        **fields,
    }


def upload_options(configuration: str, tls: Path) -> Iterator[str]:
    """The configuration of systemd-journal-upload as options, with a machine's own certificate."""
    options = {"URL": "url", "ServerKeyFile": "key", "ServerCertificateFile": "cert", "TrustedCertificateFile": "trust"}
    for text in configuration.splitlines():
        name, _equals, value = text.partition("=")
        if name in options:
            yield f"--{options[name]}={tls / Path(value).name if name != 'URL' else value}"
