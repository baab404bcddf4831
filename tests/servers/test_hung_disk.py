# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that takes no more writes: whoever waits for it cannot even be killed, and nobody waits for that."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from support.helpers.servers import ROOT_USER, done, refused


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)


@pytest.fixture
def disk(servers):
    """A function that stops all writes to the filesystem that holds the data of pg-main and nothing else, as fsfreeze does."""
    data = Path(servers.members["pg-main"]["data_directory"])
    image, frozen = servers.directory / "disk", []
    servers.stop("pg-main")
    run("truncate", "--size=512M", image)
    run("mkfs.ext4", "-q", "-E", "root_owner", image)
    aside = data.with_name("aside")
    data.rename(aside)
    data.mkdir()
    run("mount", "-o", "loop", image, data)
    run("cp", "--archive", f"{aside}/.", data)
    run("rmdir", data / "lost+found")
    servers.start("pg-main")
    servers.await_streaming("pg-main", *servers.standbys)

    def freeze():
        run("fsfreeze", "--freeze", data)
        frozen.append(data)

    yield freeze
    if frozen:
        run("fsfreeze", "--unfreeze", data)
    servers.kill("pg-main")
    run("umount", data)


@pytest.mark.skipif(not ROOT_USER, reason="only root can mount a filesystem and freeze it")
def test_it_is_passed_over_once_its_machine_is_off(servers, disk, ledger):
    """Row 12, with a disk that really hangs."""
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    disk()
    time.sleep(1)
    began = time.monotonic()
    answers = servers.discover(timeout=1)
    said = refused(servers.change("failover", answers, dead="pg-main", stop_timeout=2))
    assert "failover_powered_off=pg-main" in said
    assert servers.processes("pg-main"), "nothing could end it"
    assert time.monotonic() - began < 60
    primary = done(servers.change("failover", answers, powered_off="pg-main"))
    ledger.begin(primary)
    ledger.await_commits(primary)
    ledger.end()
    assert ledger.lost(primary) == []
