# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`. scripts/env` gives a shell the tools, wherever the shell and the checkout are."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from support.helpers.checkout import ROOT


@pytest.fixture
def checkout(tmp_path):
    """One to which everybody may write, as on a disk that a host shares with its guest."""
    checkout = tmp_path / "checkout"
    (checkout / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/env", checkout / "scripts")
    shutil.copy(ROOT / "ansible.cfg", checkout)
    checkout.chmod(0o777)
    return checkout


def said(command, directory):
    done = subprocess.run(["bash", "-c", command], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_shell_stays_where_it_is(checkout, tmp_path):
    assert said(". checkout/scripts/env && pwd", tmp_path) == [str(tmp_path)]


def test_a_command_runs_in_the_checkout(checkout, tmp_path):
    assert said("checkout/scripts/env pwd", tmp_path) == [str(checkout)]


@pytest.mark.parametrize("command", [". ./scripts/env && {}", "scripts/env {}"])
def test_the_configuration_counts_where_everybody_may_write(checkout, command):
    """Ansible passes over the one of such a directory."""
    shown = said(command.format("ansible-config dump --only-changed"), checkout)
    assert any(word.endswith(f"({checkout}/ansible.cfg)") for word in shown)


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file()))
def test_a_script_that_takes_it_goes_to_the_checkout_itself(script):
    text = (ROOT / "scripts" / script).read_text()
    if "\n. scripts/env" in text:
        assert text.index('cd "$(dirname "$0")/.."') < text.index("\n. scripts/env")
