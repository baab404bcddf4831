# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runbook says to stop is all that there is, as the roles name it."""

from __future__ import annotations

import re

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
