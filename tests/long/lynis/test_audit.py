# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lynis suggests for the machines is what docs/hardening.md lists with its reason, and its score is no lower than it was."""

from __future__ import annotations

import re

import pytest
from support.helpers.checkout import ROOT

ROW = re.compile(r"^\| ([A-Z]+(?:-\d+)?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
# Before anything was hardened.
LEAST_SCORE = 64


@pytest.fixture(scope="module")
def audits(machine):
    """What Lynis reports of each machine, as lines."""
    found = {}
    for name in ("app01", "db01"):
        audited = machine(name)
        audited.check_output("apt-get install --yes --no-install-recommends lynis >/dev/null 2>&1")
        try:
            audited.check_output(
                "lynis audit system --quick --quiet --no-colors --report-file /run/lynis.report >/dev/null"
            )
            found[name] = audited.check_output("cat /run/lynis.report").splitlines()
        finally:
            audited.check_output("apt-get purge --yes lynis >/dev/null 2>&1; rm -f /run/lynis.report /var/log/lynis*")
    return found


def listed():
    """The rows of the page: test, words of its suggestion."""
    return [(test, words) for test, words, _why in ROW.findall((ROOT / "docs" / "hardening.md").read_text())]


def suggested(lines):
    """(test, words) of each suggestion, and of each warning."""
    entries = [line.partition("=")[2].split("|") for line in lines if re.match(r"(suggestion|warning)\[]=", line)]
    return [(test, f"{words} {detail}") for test, words, detail, *_rest in entries]


def is_of(row, suggestion):
    return row[0] == suggestion[0] and row[1] in suggestion[1]


def test_what_is_suggested_is_listed_with_its_reason(audits):
    rows, said = listed(), [entry for lines in audits.values() for entry in suggested(lines)]
    assert [entry for entry in said if not any(is_of(row, entry) for row in rows)] == []
    assert [row for row in rows if not any(is_of(row, entry) for entry in said)] == []


def test_the_score_is_no_lower_than_it_was(audits, record_property):
    scores = {
        name: int(line.partition("=")[2])
        for name, lines in audits.items()
        for line in lines
        if line.startswith("hardening_index=")
    }
    record_property("summary", f"scores {scores}")
    print(scores)
    assert audits.keys() == scores.keys() and min(scores.values()) >= LEAST_SCORE
