# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pinned package with a known hole is named, and the bot sees every pinned image. OSV itself cannot be reached here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from support.helpers.checkout import ROOT

HOLE = {
    "id": "GHSA-0000-0000-0000",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Templates leave their sandbox",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "markupsafe"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}


@pytest.fixture
def osv():
    """Its address, where the packages of this list have a hole, and the list."""
    bad = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
            known = {"vulns": [{key: HOLE[key] for key in ("id", "modified")}]}
            self.answer({"results": [known if query["package"]["name"] in bad else {} for query in asked]})

        def do_GET(self):
            self.answer(HOLE)

        def answer(self, document):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", bad
    server.shutdown()


def test_a_hole_is_named_with_the_version_that_mends_it(osv, tmp_path):
    address, bad = osv
    pinned = tmp_path / "pinned.txt"
    pinned.write_text("jinja2==3.1.6  # needs MarkupSafe\n")

    def ask():
        return subprocess.run(
            [ROOT / "scripts" / "known-holes", pinned],
            env={**os.environ, "OSV_URL": address}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    done = ask()
    assert done.returncode == 0, done.stdout + done.stderr
    bad.append("markupsafe")
    done = ask()
    assert done.returncode == 1 and f"==> {pinned}" in done.stdout
    assert re.search(
        r"markupsafe \S+ has 1 known vulnerability:.*Templates leave their sandbox.*99", done.stdout, re.DOTALL
    )


def test_a_service_that_does_not_answer_is_no_good_news(osv, tmp_path):
    pinned = tmp_path / "pinned.txt"
    pinned.write_text("markupsafe==3.0.2\n")
    environment = {**os.environ, "OSV_URL": "http://127.0.0.1:9/", "UV_HTTP_RETRIES": "0"}
    done = subprocess.run(
        [ROOT / "scripts" / "known-holes", pinned],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1 and "127.0.0.1:9" in done.stderr


def images():
    """Every image with a version that the defaults of the roles have."""
    for path in sorted(ROOT.glob("roles/*/defaults/main.yml")):
        for name, value in (yaml.safe_load(path.read_text()) or {}).items():
            if name.endswith("_image") and value:
                yield str(path.relative_to(ROOT)), *value.partition("@")[0].split(":", 1)


def test_the_bot_leaves_what_is_locked_to_the_script_that_locks_it():
    locked = {path.with_suffix(".txt").name for path in ROOT.glob("requirements*.in")}
    assert locked == {*json.loads((ROOT / "renovate.json").read_text())["ignorePaths"]}


def test_the_bot_sees_every_image_that_is_pinned():
    (manager,) = json.loads((ROOT / "renovate.json").read_text())["customManagers"]
    # Between slashes, and its groups as JavaScript has them.
    patterns = [re.compile(pattern.strip("/")) for pattern in manager["managerFilePatterns"]]
    lines = [re.compile(line.replace("(?<", "(?P<")) for line in manager["matchStrings"]]
    found = set()
    for path in (*ROOT.glob("roles/*/defaults/main.yml"), *ROOT.glob(".github/workflows/*.yml")):
        name = str(path.relative_to(ROOT))
        assert any(pattern.search(name) for pattern in patterns), name
        for line in lines:
            found |= {(name, each["depName"], each["currentValue"]) for each in line.finditer(path.read_text())}
    wanted = set(images())
    assert len(wanted) >= 3 and wanted <= found
    assert {image for path, image, _tag in found - wanted} == {"moby/buildkit", "docker/buildkit-syft-scanner"}
