# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runbook says to stop is all that there is, as the roles name it."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT


def test_before_a_database_goes_back_all_containers_of_its_environment_stop():
    """With several of the application, one that is left out writes on into the database that is put aside."""
    page = (ROOT / "docs/runbooks/restore.md").read_text()
    machines = yaml.safe_load((ROOT / "inventories/shared/group_vars/machines.yml").read_text())
    project = f"{machines['docker_host_name_prefix']}-production"
    found = re.findall(
        r"^ *docker ps (--all )?--filter label=com\.docker\.compose\.project=(\S+) -q \| .* (\w+)$", page, re.M
    )
    assert found == [("", project, "stop"), ("--all ", project, "start")]
    assert not re.search(r"docker (stop|start) \S*plannerate", page)


OLD, NEW = {"ca.key": "old", "ca.crt": "old"}, {"ca.key": "new", "ca.crt": "new"}
TRUSTED = {**OLD, "next.key": "new", "next.crt": "new"}
ISSUED = {**NEW, "previous.key": "old", "previous.crt": "old"}
# What the authority may keep: after each phase, and where one was interrupted. roles/machine/tasks/renew_authority.yml has the order.
KEPT = {
    "at first": OLD,
    "after trust": TRUSTED,
    "in issue, kept": {**TRUSTED, "previous.key": "old", "previous.crt": "old"},
    "in issue, half moved": {**ISSUED, "ca.crt": "old", "next.crt": "new"},
    "after issue": ISSUED,
    "in forget": {name: text for name, text in ISSUED.items() if name != "previous.key"},
    "after forget": NEW,
}


@pytest.mark.parametrize("state", KEPT)
def test_going_back_to_another_authority_leaves_one_that_signs(state, tmp_path):
    """Whatever was interrupted: the command leads to a state that a phase leaves, or changes nothing."""
    (section,) = re.findall(
        r"^## Going back\n(.*?)^## ", (ROOT / "docs/runbooks/authority.md").read_text(), re.M | re.S
    )
    commands = re.findall(r"cd /root/ca &&.*?crt(?=\n|`)", section, re.S)
    leads = {0: {"after trust": OLD}, 1: {"after issue": TRUSTED}}
    assert len(commands) == len(leads)
    for number, command in enumerate(commands):
        directory = tmp_path / str(number)
        directory.mkdir()
        for name, text in KEPT[state].items():
            (directory / name).write_text(text)
        done = subprocess.run(
            ["sh", "-c", command.replace("/root/ca", str(directory))], capture_output=True, text=True, check=False
        )
        left = {path.name: path.read_text() for path in directory.iterdir()}
        assert left == leads[number].get(state, KEPT[state]), command
        assert (done.returncode == 0) == (state in leads[number])
