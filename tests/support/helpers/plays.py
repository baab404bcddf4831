# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that a test makes up, run on this machine."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.helpers.checkout import ROOT


def run_play(directory: Path, play: dict[str, Any], *options: str) -> tuple[int, str]:
    """Exit code and output of one play, which is written into a directory.

    :arg options: of ansible-playbook, the inventory among them.
    """
    return run_plays(directory, [{"connection": "local", "gather_facts": False, **play}], *options)


def run_plays(directory: Path, plays: list[dict[str, Any]], *options: str) -> tuple[int, str]:
    """The same of a whole playbook."""
    path = directory / "play.yml"
    path.write_text(json.dumps(plays))
    done = subprocess.run(
        ["ansible-playbook", str(path), *options],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def check_here(directory: Path, playbook: str, inventory: Mapping[str, Any], *options: str) -> tuple[int, str]:
    """Exit code and output, in one line, of one of the collection's playbooks with --check, on machines that are all this one.

    No container of this machine is looked at.

    :arg inventory: with connections of its own.
    """
    (directory / "hosts.json").write_text(json.dumps(inventory))
    docker = directory / "bin" / "docker"
    docker.parent.mkdir(exist_ok=True)
    docker.write_text("#!/bin/sh\nexit 1\n")
    docker.chmod(0o755)
    done = subprocess.run(
        ["ansible-playbook", "--check", f"--inventory={directory}/hosts.json", f"playbooks/{playbook}.yml", *options],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "PATH": f"{docker.parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, " ".join(done.stdout.replace("''", "'").split())


def values_of_role(
    directory: Path, role: str, *asked: tuple[str, Mapping[str, Any]], inventory: str = "localhost,"
) -> list[Any]:
    """Expressions of a role's variables, each with variables that win over the role's own.

    :arg directory: of this call's own, or of calls for the same role.
    """
    folder = ROOT / "roles" / role
    if (folder / "templates").exists() and not (directory / "templates").exists():
        (directory / "templates").symlink_to(folder / "templates")
    facts = [f"answer_{number}" for number in range(len(asked))]
    tasks: list[dict[str, Any]] = [
        {
            "name": "Keep",
            "ansible.builtin.set_fact": {fact: f"{{{{ {expression} | to_json | string }}}}"},
            "vars": dict(variables),
        }
        for fact, (expression, variables) in zip(facts, asked, strict=True)
    ]
    # No module, which would be a process of its own; and in one word, which no callback folds.
    said_answers = f"answers: {{{{ [{', '.join(facts)}] | to_json | b64encode }}}}"
    tasks.append({"name": "Say", "ansible.builtin.debug": {"msg": said_answers}})
    play = {
        "hosts": "localhost",
        "vars": {"ansible_python_interpreter": sys.executable},
        "vars_files": [str(folder / "defaults" / "main.yml"), *map(str, sorted((folder / "vars").rglob("*.yml")))],
        "tasks": tasks,
    }
    code, said = run_play(directory, play, f"--inventory={inventory}")
    assert code == 0, said
    found = re.search(r"answers: ([\w+/=]+)", said)
    assert found, said
    return [json.loads(answer) for answer in json.loads(base64.b64decode(found[1]))]
