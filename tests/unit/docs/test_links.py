# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every link and path leads somewhere, every page can be reached, and the pages of the roles say what the roles say."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support.fixtures.artefact import ROOT
from support.helpers.pages import broken, links, pages, paths, without_code

PAGES = pages(ROOT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    assert broken(page) == []


def test_a_broken_link_or_anchor_would_be_found(tmp_path):
    (tmp_path / "other.md").write_text("# What `make lab` does, in short\n```sh\n# not a heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#what-make-lab-does-in-short) `[c](no.md)` [d](no.md) [e](other.md#not-a-heading) [f](#g)"
    )
    assert broken(page) == ["no.md", "other.md#not-a-heading", "#g"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_folder_that_is_named_is_there(page):
    assert [path for path in paths(page) if not (ROOT / path).exists()] == []


def test_a_path_that_is_not_there_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "`plugins/no.py` `roles/machine` `plugins/modules/NAME.py` `make` `-i inventories/no`\n```sh\n`docs/no`\n```\n"
    )
    assert paths(page) == ["plugins/no.py", "roles/machine"]


def test_ten_questions_have_a_file_to_open():
    """A reader finds behaviour by its path: whoever moves one of these files moves it in CONTRIBUTING.md too."""
    table = (ROOT / "CONTRIBUTING.md").read_text().split("| question | file |\n|---|---|\n")[1].split("\n\n")[0]
    answers = [re.findall(r"`([\w./-]+/[\w./-]+)`", row.split("|")[2]) for row in table.splitlines()]
    assert len(answers) == 10
    assert [answer for answer in answers if not answer or not all((ROOT / path).is_file() for path in answer)] == []


def test_every_page_can_be_reached_from_the_readme():
    reached, new = set(), {ROOT / "README.md"}
    while new:
        page = new.pop()
        reached.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page) if not link.startswith("#")}
        new |= {target for target in targets if target.suffix == ".md" and target.exists()} - reached
    assert sorted(set(PAGES) - reached) == []


def test_nothing_of_the_world_outside_is_linked_to():
    # Whether such a link resolves cannot be tried here. A role's page may name a default.
    texts = {page: without_code(page.read_text()) for page in PAGES}
    assert [page for page, text in texts.items() if re.search(r"\]\(https?:", text)] == []


def test_what_is_applied_by_other_roles_is_needed_by_one():
    needed = {
        name
        for path in ROOT.glob("roles/*/[mt]*/*.yml")
        for name in re.findall(r"plannerate\.infra\.(\w+)", path.read_text())
        if path.parts[-3] != name
    }
    said = {path.stem for path in ROOT.glob("docs/roles/*.md") if "\nApplied by other roles." in path.read_text()}
    assert said and said - needed == set()


def test_the_pages_of_the_roles_are_up_to_date():
    command = [sys.executable, ROOT / "scripts" / "role_docs.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
