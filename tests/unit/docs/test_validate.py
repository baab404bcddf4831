# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the validation has every limit with its default, and every part."""

from __future__ import annotations

import re

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.pages import blocks

from ansible_collections.plannerate.infra.plugins.module_utils._validation.inventory import GROUPS
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS, limits_of


@pytest.mark.parametrize("name", ["docs/validate.md", "docs/pt-BR/validate.md"])
def test_every_limit_and_every_part_is_there(name):
    page = ROOT / name
    rows = [line.strip("|").split("|") for line in page.read_text().splitlines() if line.startswith("| `")]
    found = [
        pair for row in rows for pair in zip(re.findall(r"`(\w+)`", row[0]), map(float, row[1].split(",")), strict=True)
    ]
    assert dict(found) == LIMITS and len(found) == len(LIMITS)
    assert re.findall(r"(?m)^\| (\w+) \|", page.read_text())[1 : 1 + len(GROUPS)] == list(GROUPS)
    (shown,) = blocks(page, "yaml")
    assert limits_of(yaml.safe_load(shown)["validate_limits"]) != LIMITS
