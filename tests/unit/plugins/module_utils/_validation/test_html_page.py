# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page needs nothing else, shows what was found, and lets nothing that was found become markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ansible_collections.plannerate.infra.plugins.module_utils._validation.html_page import page
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS, judged

ATTACK = '<script>alert("x")</script>'
ROWS = [
    judged("pool", subject, "longest wait", measured, "s", "pool_wait_seconds", LIMITS, note)
    for subject, measured, note in (("shop", 1.0, "unused"), (ATTACK, 9.0, ATTACK), ("other", None, "refused"))
]
FACTS = {"inventory": "production", "when": "2026-01-01T00:00:00Z", "command": "ansible-playbook -i x"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_nothing_is_asked_of_anybody():
    text = page(ROWS, [], FACTS)
    tags = {tag for tag, _attributes in read(text).tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form", "a"}
    assert not re.search(r"https?:|//|@import|url\(|\bsrc=|\bon\w+=", text.replace(ATTACK, ""))


def test_every_row_is_there_with_its_verdict_and_the_reason():
    words = " ".join(read(page(ROWS, ["backup"], FACTS)).words)
    for said in (
        "1 of 3 checks",
        "pool did not",
        "9 s",
        "<= 5 s",
        "NOT KEPT",
        "not measured",
        "refused",
        ATTACK,
        "backup",
        "ansible-playbook -i x",
    ):
        assert said in words
    assert "unused" not in words, "what is kept needs no reason"


def test_what_was_found_is_text():
    assert ATTACK not in page(ROWS, [ATTACK], {**FACTS, "inventory": ATTACK, "command": ATTACK})


def test_it_can_be_read_on_a_phone_in_print_and_by_a_screen_reader():
    text = page(ROWS, [], FACTS)
    tags = read(text).tags
    assert ("html", {"lang": "en"}) in tags and any(tag == "main" for tag, _attributes in tags)
    assert any(attributes.get("name") == "viewport" for tag, attributes in tags if tag == "meta")
    assert "@media print" in text and "size: A4" in text and "overflow-x: auto" in text
    assert all(attributes["aria-label"] for _tag, attributes in tags if attributes.get("role"))


def test_a_bar_shows_the_share_of_what_is_allowed():
    text = page(ROWS, [], FACTS)
    assert re.findall(r'aria-label="(\d+) %"', text) == ["20", "180"] and 'class="over" style="width:100%"' in text
