# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures on the page of costs are those of the roles, and its computations come to what it says."""

from __future__ import annotations

import re

import pytest
import yaml
from support.helpers.checkout import ROOT

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.configuration import _DEFAULTS
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3 import download

MIB = 1024**2
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture(params=["docs/costs.md", "docs/pt-BR/costs.md"])
def page(request):
    return (ROOT / request.param).read_text()


def row(page, words):
    (found,) = [line for line in page.splitlines() if re.match(rf"\| {words}", line)]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_a_container_s_limits_are_the_role_s(page):
    services = yaml.safe_load((ROOT / "roles/docker_host/vars/main/stack.yml").read_text())[
        "_docker_host_default_services"
    ]
    limits = {
        name: int(service["memory"][:-1]) * {"m": 1, "g": 1024}[service["memory"][-1]]
        for name, service in services.items()
    }
    assert row(page, r"app \|")[:-1] == list(limits)
    total = sum(limits.values())
    assert row(page, r"1024 \|") == [*map(str, limits.values()), str(total)]
    traefik = int(
        re.search(r"limits: >-\n.*'memory': '(\d+)m'", (ROOT / "roles/docker_host/vars/main/rights.yml").read_text())[1]
    )
    assert f"Traefik ({traefik})" in page and f" {2 * total + traefik} MiB" in page


def test_the_requests_of_a_month_are_computed_as_it_says(page):
    assert (_DEFAULTS["store"]["part_bytes"], download._PART) == (16 * MIB, 8 * MIB), "the page has the sizes of parts"
    keep = yaml.safe_load((ROOT / "roles/s3_backup/defaults/main.yml").read_text())["s3_backup_keep_daily"]
    assert keep == 30
    rows = [line for line in page.splitlines() if f" {TIMES} " in line and line.count("|") == 5]
    assert len(rows) == 6
    for line in rows:
        _what, computation, one, ten = (cell.strip() for cell in line.strip("|").split("|"))
        expression = computation.partition(":")[0].replace(TIMES, "*").replace(" MiB", "").replace("S", "size")
        is_size = "MiB" not in computation and "S" in computation
        for size, said in ((1, one), (10, ten)):
            value = eval(expression, {"size": size if is_size else size * 1024})
            assert value == int(re.sub(r"\D", "", said)), (line, size)
