# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that a test makes up, run on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from support.helpers.checkout import ROOT


def run_play(directory: Path, play: dict[str, Any], *options: str) -> tuple[int, str]:
    """Exit code and output of one play, which is written into a directory.

    :arg options: of ansible-playbook, the inventory among them.
    """
    path = directory / "play.yml"
    path.write_text(json.dumps([{"connection": "local", "gather_facts": False, **play}]))
    done = subprocess.run(
        ["ansible-playbook", str(path), *options],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr
