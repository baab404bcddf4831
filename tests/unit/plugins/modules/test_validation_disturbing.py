# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What writes and puts load on does neither in check mode, nor beside another one, and says who did not answer."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation import ledger, workplace
from ansible_collections.plannerate.infra.plugins.modules import validation_ledger, validation_load

MODULES = [(validation_ledger, {}), (validation_load, {"clients": 2, "seconds": 1})]


@pytest.fixture
def options(tmp_path):
    return {
        "connection": {"host": str(tmp_path), "dbname": "shop", "user": "shop", "password": "k3Zq8vT1pLmX"},
        "directory": str(tmp_path / "validation"),
    }


@pytest.mark.parametrize(("module", "more"), MODULES)
def test_in_check_mode_nobody_is_asked(run_module, options, module, more):
    assert run_module(module, {**options, **more}, check=True)["changed"] is False


@pytest.mark.parametrize(("module", "more"), [*MODULES, (validation_ledger, {"state": "absent"})])
def test_one_that_does_not_answer_is_told_and_nothing_stays(run_module, options, tmp_path, module, more):
    answer = run_module(module, {**options, **more})
    assert answer["failed"] and ".s.PGSQL.6432" in answer["msg"] and "k3Zq8vT1pLmX" not in str(answer)
    assert not (tmp_path / "validation").exists()


@pytest.mark.parametrize(("module", "more"), MODULES)
def test_it_does_not_run_beside_another_one(run_module, options, tmp_path, module, more):
    with workplace.alone(str(tmp_path / "validation")):
        answer = run_module(module, {**options, **more})
    assert answer["failed"] and "another validation runs on this machine" in answer["msg"]


def test_what_clients_were_told_has_no_name_that_ansible_takes_for_the_end_of_a_task():
    assert not {"failed", "changed", "skipped", "msg", "finished"} & ledger.Summary.__annotations__.keys()
