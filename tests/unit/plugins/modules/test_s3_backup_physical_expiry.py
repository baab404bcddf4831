# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module shows in check mode what it does, leaves no secret where others read, and fails with one message."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import expire
from ansible_collections.plannerate.infra.plugins.modules import s3_backup_physical_expiry

ARGUMENTS = {
    "bucket": "backups",
    "prefix": "physical",
    "access_key": "key",
    "secret_key": "s3cret",
    "passphrase": "pass",
}


@pytest.fixture
def asked(monkeypatch):
    """What was asked for: whether to delete, and the configuration with its mode."""
    found = []

    def answer(program, keep_days, delete):
        found.append(
            (delete, keep_days, Path(program.config).read_text(), stat.S_IMODE(os.stat(program.config).st_mode))
        )
        return expire.Result(["new"], ["old"], [])

    monkeypatch.setattr(expire, "expire", answer)
    monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda *_arguments, **_options: "/usr/bin/pgbackrest")
    monkeypatch.setattr(AnsibleModule, "run_command", lambda *_arguments, **_options: (0, "pgBackRest 2.45\n", ""))
    return found


def test_check_mode_shows_what_is_done(asked, run_module):
    arguments = {**ARGUMENTS, "keep_days": 7}
    planned = run_module(s3_backup_physical_expiry, arguments, check=True)
    done = run_module(s3_backup_physical_expiry, arguments)
    assert planned == done
    assert (done["changed"], done["kept"], done["deleted"]) == (True, ["new"], ["old"])
    assert done["diff"] == {"before": "new\nold\n", "after": "new\n"}
    (first, second) = asked
    assert (first[:2], second[:2]) == ((False, 7), (True, 7))
    assert {"repo1-cipher-pass=pass", "repo1-retention-full=7", "[main]"} <= set(second[2].splitlines())
    assert "pg1-path" not in second[2] and second[3] == 0o600


def test_nothing_is_deleted_while_a_backup_is_made(asked, run_module, monkeypatch):
    monkeypatch.setattr(expire, "expire", lambda *_arguments, **_options: expire.Result(["new"], [], ["begun"]))
    done = run_module(s3_backup_physical_expiry, ARGUMENTS)
    assert (done["changed"], done["postponed"]) == (False, ["begun"])


def test_what_is_refused_is_the_message(asked, run_module, monkeypatch):
    def refuse(*_arguments, **_options):
        raise Refused("nothing sound would be left")

    monkeypatch.setattr(expire, "expire", refuse)
    assert run_module(s3_backup_physical_expiry, ARGUMENTS)["msg"] == "nothing sound would be left"
    assert "would keep nothing" in run_module(s3_backup_physical_expiry, {**ARGUMENTS, "keep_days": 0})["msg"]


def test_a_machine_without_pgbackrest_is_told(run_module, monkeypatch):
    monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda *_arguments, **_options: None)
    assert "pgbackrest is not installed" in run_module(s3_backup_physical_expiry, ARGUMENTS)["msg"]
