# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages come from where each machine's own clients are told to get them: no registry of them is written down in the tree."""

from __future__ import annotations

import os
import re
import subprocess

from support.helpers.checkout import ROOT

# Not written as they are, since this file is in the tree too.
PUBLIC = [
    ".".join(parts)
    for parts in [
        *(("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com")),
        *(("proxy", "golang", "org"), ("sum", "golang", "org"), ("galaxy", "ansible", "com"), ("crates", "io")),
        *(("rubygems", "org"), ("packagist", "org"), ("repo", "maven", "apache", "org")),
        *(
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
            ("archive", "ubuntu", "com"),
            ("ports", "ubuntu", "com"),
        ),
    ]
]
# By which the clients here are told of others.
TOLD_BY = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "npm_config_registry", "GOPROXY"]


def registries(environment: dict[str, str]) -> list[str]:
    """The names of hosts."""
    told = " ".join(environment.get(name, "") for name in TOLD_BY)
    own = re.findall(r"https?://(?:[^/@\s]*@)?([^/:\s,|]+)", told)
    return sorted({*PUBLIC, *own} - {"localhost", "127.0.0.1"})


def naming(names: list[str], *where: str) -> list[str]:
    """Lines of files that Git has, or could be given, in which a name stands."""
    options = [option for name in names for option in ("-e", name)]
    command = ["git", "grep", "-nIiF", "--untracked", "--exclude-standard", *options, "--", *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def test_no_registry_of_packages_stands_in_the_tree():
    assert naming(registries(dict(os.environ))) == []


def test_what_the_clients_here_are_told_counts_too():
    told = {"PIP_INDEX_URL": "https://user:word@mirror.example:8080/simple", "GOPROXY": "https://go.example,direct"}
    assert {"mirror.example", "go.example"} == {*registries(told)} - {*PUBLIC}
    assert naming(["test_what_the_clients_here_are_told"], "tests/unit/test_registries.py")
