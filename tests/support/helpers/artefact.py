# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the collection is built and installed, by somebody who has nothing else of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

# What lies about in a checkout that people work in, and must never travel.
LITTER = [
    ".credentials",
    ".env",
    ".vault-pass",
    "production.vault-password",
    ".cache/lab/id_ed25519",
    ".github/workflows/converge.yml",
    ".venv/bin/python",
    ".pytest_cache/README.md",
    "plugins/modules/__pycache__/credentials_file.cpython-311.pyc",
    "inventories/production/group_vars/all/vault.yml",
    "plannerate-infra-0.0.1.tar.gz",
]


def run(*command: str | Path, **more: Any) -> str:
    """A command whose output is what went wrong, if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout
    return done.stdout


def elsewhere(directory: Path, collections: Path) -> dict[str, str]:
    """The environment of somebody who has the installed collection and the package "ansible", and no checkout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    # The collections that the package brings are found without being named.
    return {
        **inherited,
        "ANSIBLE_HOME": str(directory / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "PYTHONPATH": "",
    }
