# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide in the bucket is followed word for word, with the offline key alone, by somebody who has nothing else of this project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.helpers.checkout import ROOT
from support.helpers.object_store import KEYS

# What the guide says one needs, and what any system has.
TOOLS = ("age", "zstd", "sha256sum", "sh")
SERVER = ("psql", "createdb", "createuser", "pg_restore")


def commands(guide, heading):
    """The commands of a section: what is indented, in one text for each block."""
    section = guide.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [textwrap.dedent(block).strip() for block in re.findall(r"(?m)(?:^    .*\n)+", section)]


class Stranger:
    """A computer with the tools, a private key and the way to a server and to the bucket; the guide is read there."""

    def __init__(self, directory, server, key, guide):
        self.directory, self.guide = directory, guide
        programs = directory / "bin"
        programs.mkdir()
        for name in TOOLS:
            (programs / name).symlink_to(shutil.which(name))
        for name in SERVER:
            (programs / name).symlink_to(server.base.programs / name)
        (programs / "aws").write_text(
            f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/support/programs/aws_here.py "$@"\n'
        )
        (programs / "aws").chmod(0o755)
        port = server.members["pg-main"]["port"]
        self.environment = {
            "PATH": str(programs),
            "HOME": str(directory),
            "PGHOST": str(server.sockets),
            "PGPORT": str(port),
            "PGUSER": "postgres",
        }
        # Of the first block, which holds for all that follows.
        (exports,) = commands(guide, "What is here")[1:]
        words = iter([KEYS["access_key"], KEYS["secret_key"]])
        self.begin = re.sub(r"=\.\.\.", lambda _match: f"={next(words)}", exports)
        self.known = {"PRIVATE_KEY_FILE": key, "NEW_NAME": "saved", "<database>": "shop"}

    def filled(self, text):
        """Names in capitals and in angles are what the reader has learned by then."""
        for name, value in self.known.items():
            text = text.replace(name, value)
        assert not re.search(r"<|\b(OWNER|ROLE|NEW_NAME|PRIVATE_KEY_FILE)\b", text), text
        return text

    def say(self, text):
        """What the commands of a block print."""
        text = self.filled(text)
        done = subprocess.run(
            ["/bin/sh", "-e"],
            input=f"{self.begin}\n{text}\n",
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, "ERROR" in done.stderr) == (0, False), f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def stranger(site, keys, make_servers, tmp_path):
    """The site has a backup that a drill restored, and is gone: its server, its drill's key, its directory."""
    drill, offline = keys
    site.say("GRANT CONNECT ON DATABASE shop TO PUBLIC", database="postgres")
    site.make(
        "CREATE TABLE orders AS SELECT g AS id, 'order ' || g AS text FROM generate_series(1, 5000) g",
        "CREATE VIEW newest AS SELECT max(id) AS id FROM orders",
    )
    site.back_up()
    site.good("drill")
    guide = site.store.open().get(f"{site.settings['prefix']}/RESTORE.md").decode()
    key = tmp_path / "offline.key"
    shutil.copy(offline.path, key)
    site.servers.stop("pg-main")
    shutil.rmtree(site.directory)
    assert not Path(drill.path).exists()
    return Stranger(tmp_path, make_servers({"pg-main": "db01"}, {"synchronous_standby_names": ""}), str(key), guide)


def test_the_guide_restores_with_the_offline_key_alone(stranger, site):
    guide, say, known = stranger.guide, stranger.say, stranger.known
    systems, databases = commands(guide, "Which one")[0].splitlines()
    (known["<system identifier>"],) = re.findall(r"PRE (\d+)/", say(systems))
    (known["<timestamp>-<id>"],) = re.findall(r"PRE (\S+)/", say(databases))
    # What the page tells in its text, for all that follows.
    (place,) = re.findall(r"`(B=[^`]+)`", guide)
    stranger.begin += f"\n{stranger.filled(place)}"
    manifest = json.loads(say(commands(guide, "Which one")[1]))
    sums = {entry["name"]: entry["sha256"] for entry in manifest["objects"]}
    assert say(commands(guide, "Check it")[0]).split()[0] == sums["database.dump.zst.age"]

    def rows(sql, database="saved"):
        return say(f'psql -X -A -t -d {database} -c "{sql}"').splitlines()

    restore = commands(guide, "Restore into a new database")
    say(restore[0])
    there = rows("SELECT rolname FROM pg_roles", "postgres")
    missing = [name for name in manifest["roles"]["referenced"] if name not in there]
    assert "shop" in there and missing == ["dump"], "the first command made the environment's own"
    for known["ROLE"] in missing:
        say(restore[1])
    known["OWNER"] = manifest["database_properties"]["owner"]
    say(restore[2])
    (private,) = [block for block in restore if block.startswith("REVOKE")]
    say(f'psql -X -d postgres -c "{private}"')

    assert {name: int(rows(f"SELECT count(*) FROM {name}")[0]) for name in manifest["tables"]} == manifest["tables"]
    assert rows("SELECT id FROM newest") == ["5000"]
    assert rows("SELECT datdba::regrole, datacl FROM pg_database WHERE datname = 'saved'")[0].startswith("shop|{shop=")
