# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was converged from the checkout is converged for the published artefact too: it is the same collection, and complete."""

from __future__ import annotations

from collections import Counter

from support.helpers.artefact import elsewhere, run
from support.helpers.checkout import ROOT
from support.helpers.lab import INVENTORIES, changed

# Each costs a quarter of a second, on every run, for ever. 176 before files were written as sets.
MOST_CALLS = 75


def test_site_by_its_name_from_an_empty_path_has_nothing_to_change(installed, tmp_path):
    calls = tmp_path / "calls"
    counting = {
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "support" / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "module_calls,plannerate.infra.filters_once",
        "MODULE_CALLS": str(calls),
    }
    output = run(
        "ansible-playbook",
        "plannerate.infra.site",
        f"--inventory={INVENTORIES / 'production'}",
        f"--extra-vars=lab_directory={ROOT}/.cache/lab",
        cwd=tmp_path,
        # As in the checkout's ansible.cfg: it saves time and changes nothing else.
        env={**elsewhere(tmp_path, installed), "ANSIBLE_PIPELINING": "1", **counting},
        timeout=600,
    )
    assert output.count("unreachable=0    failed=0") == 5
    assert changed(output) == 0, output
    made = calls.read_text(encoding="utf-8").splitlines()
    counted = "\n".join(f"{number} {line}" for line, number in Counter(made).items())
    print(f"{len(made)} module calls on machines")
    assert len(made) <= MOST_CALLS, counted
