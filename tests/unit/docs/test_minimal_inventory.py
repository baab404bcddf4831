# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of the README is short, and has all that the roles need."""

from __future__ import annotations

import re

import pytest
from support.fixtures.offline import ROOT
from support.helpers.pages import blocks

NAME = "# hosts.yml\n"


EXAMPLE = ROOT / "inventories.example/hosts.yml"


@pytest.fixture
def shown():
    (text,) = [text for text in blocks(ROOT / "README.md", "yaml") if text.startswith(NAME)]
    return text.removeprefix(NAME)


@pytest.fixture
def hosts(tmp_path, shown):
    file = tmp_path / "hosts.yml"
    file.write_text(shown)
    return file


def test_it_has_fifteen_lines_at_most(shown):
    assert len(shown.splitlines()) <= 15


def test_it_is_the_example(shown):
    lines = EXAMPLE.read_text().splitlines()
    assert [line for line in lines if not line.startswith(("---", "#"))] == shown.splitlines()


def test_it_is_nobodys():
    """Its addresses are of networks for documentation (RFC 5737)."""
    addresses = re.findall(r"[0-9]+(?:[.][0-9]+){3}", EXAMPLE.read_text())
    assert addresses and all(address.startswith("192.0.2.") for address in addresses)


def test_every_host_has_what_its_roles_need(offline, hosts):
    done = offline.run("make", "--no-print-directory", "check-inventory", f"INVENTORY={hosts}")
    assert (done.returncode, done.stdout) == (0, f"{hosts}: 4 hosts have what their roles need\n"), done.stdout


def test_groups_that_it_does_not_name_are_no_error(offline, hosts):
    done = offline.run("ansible-playbook", "--inventory", hosts, "--list-hosts", "playbooks/site.yml")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) >= {"db01", "pg-main", "pg-replica1", "pg-replica2"}
