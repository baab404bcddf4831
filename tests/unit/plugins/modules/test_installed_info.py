# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module tells what its machine has, changes nothing, and says what to do where it may not read."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.modules import installed_info


@pytest.mark.parametrize("check", [False, True])
def test_it_tells_what_the_stacks_are(run_module, tmp_path, check):
    (tmp_path / "preview").mkdir()
    compose = tmp_path / "preview" / "docker-compose.preview.yml"
    compose.write_text("services: {}\n")
    answer = run_module(installed_info, {"stacks": str(tmp_path)}, check=check)
    assert {"environment": "preview", "kind": "stack", "path": str(compose)} in answer["traces"]
    assert answer["changed"] is False and {"databases", "owners", "members"} <= answer.keys()


def test_it_says_that_it_needs_root(run_module, monkeypatch):
    def refuse(stacks):
        raise PermissionError(13, "Permission denied", "/etc/plannerate-backup/x.json")

    monkeypatch.setattr(installed_info, "installed", refuse)
    answer = run_module(installed_info, {})
    assert (
        answer["failed"] and answer["msg"] == "/etc/plannerate-backup/x.json may not be read: run this as root (become)"
    )
