# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before a release is begun is in the history, with its gate; check mode writes nothing there."""

from __future__ import annotations

import pytest
from support.helpers.releases import FIRST, colour

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import run as run_of
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands, Done
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Files
from ansible_collections.plannerate.infra.plugins.modules import docker_deploy

TRAEFIK = {"container": "traefik", "file": "/x.yml", "network": "web", "domain": "app.test", "address": "127.0.0.1"}


@pytest.fixture
def run(run_module, monkeypatch, tmp_path):
    """The module on a machine without containers, whose state is in ``run.store``."""
    for module in (docker_deploy, run_of):
        monkeypatch.setattr(module, "Files", lambda environment: Files(environment, str(tmp_path)))
    monkeypatch.setattr(Commands, "run", lambda self, command, seconds=0: Done(0, "[]", False))
    site = {"repository": "shop", "first": FIRST, "traefik": TRAEFIK, "directory": str(tmp_path)}

    def run(state, check=False, kind="deploy", **more):
        request = {"kind": kind, "release": "1.1.0"}
        arguments = {"state": state, "environment": "shop", "request": request, "site": site, **more}
        return run_module(docker_deploy, arguments, check=check)

    run.store = Files("shop", str(tmp_path))
    return run


def test_what_was_refused_elsewhere_is_written_down(run):
    done = run("refused", colour=colour(1, "1.1.0"), refusal={"gate": "backup", "reason": "the store is full"})
    assert done["failed"] and done["gate"] == "backup"
    assert done["msg"] == "gate backup: the store is full. Nothing was changed"
    (entry,) = run.store.history()
    assert (entry["result"], entry["kind"], entry["release"]) == (
        "refused: backup: the store is full",
        "deploy",
        "1.1.0",
    )
    assert entry["image"] == colour(1, "1.1.0")["image"]
    table = run("listed")["table"]
    assert "Nothing was deployed yet" in table and "refused: backup" in table


def test_each_refusal_of_its_own_is_written_down(run):
    assert run("prepared")["gate"] == "stack"
    assert run("prepared", kind="rollback")["gate"] == "release"
    assert [entry["result"].split(": ")[1] for entry in run.store.history()] == ["stack", "release"]


def test_check_mode_writes_nothing(run):
    assert run("prepared", check=True)["gate"] == "stack" and run.store.history() == []
