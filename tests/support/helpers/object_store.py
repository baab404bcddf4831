# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's S3 server on this machine, in a temporary directory, and a link to it that is slow or cut."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.config import Config
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup import configuration
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import Store

WEED = ROOT / ".cache" / "seaweedfs" / "bin" / "weed"
BUCKET = "backups"
KEYS = {"access_key": "tests", "secret_key": "tests-secret"}
COPIES = "copies"
# With versions and a policy, as a bucket should be.
KEPT = "kept"
# Beside the tests' own: who writes and who rotates, as in the lab, and who has another bucket.
LESSER = {
    "writer": (BUCKET, KEPT),
    "rotator": (BUCKET, KEPT),
    "copier": (COPIES,),
}


def keys_of(name: str) -> dict[str, str]:
    return {"access_key": name, "secret_key": f"{name}-secret"}


IDENTITIES = {
    "identities": [
        {
            "name": name,
            "credentials": [{"accessKey": name, "secretKey": keys_of(name)["secret_key"]}],
            "actions": actions,
        }
        for name, actions in {
            "tests": ["Admin", "Read", "Write", "List", "Tagging"],
            **{
                name: [f"{action}:{bucket}" for bucket in buckets for action in ("Read", "Write", "List")]
                for name, buckets in LESSER.items()
            },
        }.items()
    ]
}


class ObjectStore:
    """SeaweedFS with one bucket, and one credential that may do all.

    :arg certificate: paths of a certificate and its key, with which it answers on ``secure_port`` too.
    """

    def __init__(self, directory: Path, certificate: tuple[Path, Path] | None = None) -> None:
        assert WEED.exists(), "found no S3 server; tests/servers/install installs it"
        self.directory = directory
        directory.mkdir()
        path = directory / "identities.json"
        path.write_text(json.dumps(IDENTITIES))
        names = ("master", "volume", "filer", "s3")
        ports = iter(_free_ports(2 * len(names) + 1))
        options = [f"-{name}.{kind}={next(ports)}" for name in names for kind in ("port", "port.grpc")]
        self.port = int(options[-2].split("=")[1])
        self.secure_port = next(ports)
        if certificate:
            options += [
                f"-s3.port.https={self.secure_port}",
                f"-s3.cert.file={certificate[0]}",
                f"-s3.key.file={certificate[1]}",
            ]
        self.command = [
            str(WEED),
            "server",
            f"-dir={directory}",
            "-ip=127.0.0.1",
            "-s3",
            f"-s3.config={path}",
            *options,
        ]
        # Without the services that listen on a port of their own, which another run on this machine has.
        self.command += ["-volume.max=50", "-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        self.start()

    def start(self) -> None:
        self.log = (self.directory / "log").open("w")
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.directory)
        wait_for(self._make_bucket, 60, "the S3 server", lambda: (self.directory / "log").read_text()[-2000:])

    def stop(self) -> None:
        # It has nothing to say at its end, for which it takes ten seconds.
        self.process.kill()
        self.process.wait()
        self.log.close()

    def _make_bucket(self) -> bool:
        with contextlib.suppress(Exception):
            quick = Config(
                connect_timeout=2, read_timeout=5, retries={"max_attempts": 0}, s3={"addressing_style": "path"}
            )
            client = boto3.client(
                "s3",
                endpoint_url=f"http://127.0.0.1:{self.port}",
                region_name="us-east-1",
                aws_access_key_id=KEYS["access_key"],
                aws_secret_access_key=KEYS["secret_key"],
                config=quick,
            )
            # One that was there before, it has again.
            there = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
            for bucket in {BUCKET, COPIES, KEPT}.difference(there):
                client.create_bucket(Bucket=bucket)
            # A bucket can be there before there is a volume for its objects.
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")
            return True
        return False

    def settings(self, port: int | None = None, **changed: Any) -> dict[str, Any]:
        """Section C(store) of a configuration."""
        given = {"endpoint": f"http://127.0.0.1:{port or self.port}", "path_style": True, **changed}
        defaults: dict[str, Any] = dict(cast(Any, configuration._DEFAULTS["store"]))
        return {**defaults, "part_bytes": 5 << 20, "outage_seconds": 20, **given}

    def open(self, port: int | None = None, **changed: Any) -> Store:
        return Store(BUCKET, self.settings(port, **changed), KEYS)

    def open_as(self, name: str, bucket: str = BUCKET) -> Store:
        return Store(bucket, self.settings(), keys_of(name))

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)


class Link:
    """A way to a port of this machine on which so many bytes in a second get through, towards it; or none, while it is cut."""

    def __init__(self, port: int, rate: float) -> None:
        self.port, self.rate = port, rate
        self.passed, self.open = 0, threading.Event()
        self.open.set()
        self._next, self._lock = time.monotonic(), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        # Otherwise this end takes what it does not pass on.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.own_port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.open.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, is_slow: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                self.open.wait()
                if is_slow:
                    time.sleep(self._turn(len(data)))
                    self.passed += len(data)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _turn(self, count: int) -> float:
        """Seconds until so many bytes have room on the link, which all connections share."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now) + count / self.rate
            return self._next - now


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _number in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
