# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in Portuguese says what its English page says: the same commands in the same order, the same words of code, the same sections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.pages import LINK, anchors

PORTUGUESE = ROOT / "docs/pt-BR"
GUIDE = PORTUGUESE / "README.md"
SWITCH = re.compile(r"(?m)^\[(?:English|Português)\]\((\S+)\)$")
BLOCK = re.compile(r"(?ms)^( *)```\w*\n(.*?)^ *```$")


def english(page):
    """(English page, heading of the section that the page translates; none for all of it)."""
    if page == GUIDE:
        return ROOT / "README.md", "Set up your own"
    return ROOT / "docs" / page.relative_to(PORTUGUESE), None


PAIRS = [(page, *english(page)) for page in sorted(PORTUGUESE.rglob("*.md"))]


@dataclass(frozen=True)
class Section:
    level: int
    blocks: list[str]
    spans: set[str]
    targets: int


def without(text):
    return BLOCK.sub("", text)


def cut(text, heading):
    """The text from a heading of the second level to the next one."""
    return text if heading is None else re.split(r"(?m)^## ", text.partition(f"\n## {heading}\n")[2])[0]


def blocks(text):
    """What stands in blocks of code, without their place in the page and without comments."""
    return [
        re.sub(rf"(?m)^{indent}", "", block)
        for indent, block in ((found[1], re.sub(r"(?m) *(^|\s)#.*$", "", found[2])) for found in BLOCK.finditer(text))
    ]


def sections(text):
    """What of each section is the same in every language."""
    apart, level = [], 1
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        inside = inside != line.strip().startswith("```")
        if not inside and (found := re.match(r"(#+) ", line)):
            apart.append((level, "\n".join(lines) + "\n"))
            level, lines = len(found[1]), []
        lines.append(line)
    apart.append((level, "\n".join(lines) + "\n"))
    return [
        Section(level, blocks(part), set(re.findall(r"`([^`\n]+)`", without(part))), len(LINK.findall(without(part))))
        for level, part in apart
        if part.strip()
    ]


@pytest.fixture(params=PAIRS, ids=lambda pair: str(pair[0].relative_to(PORTUGUESE)))
def pair(request):
    page, original, heading = request.param
    return page.read_text(), cut(original.read_text(), heading)


def test_there_are_the_pages_that_the_team_was_promised():
    promised = (
        "README",
        "operations",
        "costs",
        "cdn",
        *(f"runbooks/{name}" for name in ("emergency", "alerts", "restore")),
    )
    assert [name for name in promised if not (PORTUGUESE / f"{name}.md").exists()] == []
    assert (ROOT / "docs/glossary.md").exists()


def test_the_same_commands_stand_in_the_same_order(pair):
    text, original = pair
    assert blocks(text) == blocks(original)


def test_each_section_has_the_same_words_of_code_and_as_many_links(pair):
    text, _original = pair
    if text == GUIDE.read_text():
        found, expected = (set().union(*(part.spans for part in sections(one))) for one in pair)
    else:
        found, expected = ([(part.level, part.spans, part.targets) for part in sections(one)] for one in pair)
    assert found == expected


@pytest.mark.parametrize(("page", "original", "heading"), PAIRS, ids=lambda value: getattr(value, "name", None))
def test_the_switch_leads_there_and_back(page, original, heading):
    there = [page.parent / link for link in SWITCH.findall(page.read_text())]
    anchor = f"#{heading.lower().replace(' ', '-')}" if heading else ""
    assert [Path(str(link).partition("#")[0]).resolve() for link in there] == [original]
    assert str(there[0]).endswith(f"{original.name}{anchor}")
    back = SWITCH.findall(cut(original.read_text(), heading))
    assert [(original.parent / link).resolve() for link in back] == [page]


def test_an_english_page_offers_no_page_that_is_not_there():
    offered = {
        (page.parent / link).resolve()
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        if PORTUGUESE not in page.parents
        for link in re.findall(r"(?m)^\[Português\]\((\S+)\)$", page.read_text())
    }
    assert offered == {page for page, _original, _heading in PAIRS}


def test_every_alert_has_its_entry_in_portuguese():
    files = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles/monitoring/files/rules").glob("*.yml")]
    alerts = {
        rule["alert"].lower()
        for file in files
        for group in file["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert alerts and alerts - anchors(PORTUGUESE / "runbooks/alerts.md") == set()


def test_every_word_of_the_project_is_in_the_glossary():
    def words(table):
        return [cells.split("|")[1].strip() for cells in table.split("\n|---")[1].split("\n\n")[0].splitlines()[1:]]

    told = words((ROOT / "CONTRIBUTING.md").read_text().partition("\n## Words\n")[2])
    glossary = (ROOT / "docs/glossary.md").read_text()
    assert told and words(glossary) == told, "the first table has the words of CONTRIBUTING.md, in their order"
    rows = [row.split("|")[1:-1] for row in glossary.splitlines() if row.startswith("| ")]
    assert [row for row in rows if len(row) != 4 or not all(cell.strip() for cell in row)] == []


def test_what_differs_is_found():
    text = "# A\n\n`x`\n\n1. See:\n\n   ```sh\n   make a # why\n   ```\n\n## B\n[c](d.md) `y`\n"
    same = "# Á\n\n`x`\n\n```sh\nmake a\n```\n\n## Bê\n`y` [cê](d.md)\n"
    assert blocks(text) == blocks(same) == ["make a\n"]
    assert sections(text) == sections(same)
    for other in (same.replace("make a", "make b"), same.replace("`y`", "`z`"), same.replace("## ", "### ")):
        assert sections(text) != sections(other)
