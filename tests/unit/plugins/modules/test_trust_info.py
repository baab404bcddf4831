# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module changes nothing, and says what to do where it may not read."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.modules import trust_info

PLACES = {"directory": "/nonexistent/own", "authority_directory": "/nonexistent/authority"}


@pytest.mark.parametrize("check", [False, True])
def test_it_only_reads(run_module, check):
    answer = run_module(trust_info, PLACES, check=check)
    nothing = {"changed": False, "trusted": [], "certificates": {}, "served": {}, "authorities": {}}
    assert nothing.items() <= answer.items()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            PermissionError(13, "Permission denied", "/root/ca/ca.crt"),
            "/root/ca/ca.crt may not be read: run this as root",
        ),
        (ImportError("cryptography"), "run playbooks/machines.yml, which installs it"),
    ],
)
def test_it_says_what_it_needs(run_module, monkeypatch, error, told):
    def refuse(*_arguments):
        raise error

    monkeypatch.setattr(trust_info, "trust", refuse)
    answer = run_module(trust_info, PLACES)
    assert answer["failed"] and told in answer["msg"]
