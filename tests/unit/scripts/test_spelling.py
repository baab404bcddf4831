# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prose in Portuguese is spelt as the dictionary has it; code, names and what programs say are no prose."""

from __future__ import annotations

import shutil
import sys

import pytest
from support.helpers.checkout import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import spelling


def said(text):
    return [word for _number, line in spelling.prose(text) for word in spelling.words(line)]


def test_code_targets_quotations_and_names_are_no_prose():
    text = '# Título\n\n[English](../page.md)\n\n1. `make x` e [um](dois.md#três) "no space" PgBouncer:\n\n   ```sh\n   echo\n   ```\n'
    assert said(text) == ["Título", "e", "um"]


def test_of_the_glossary_only_portuguese_columns_are_read():
    text = "Words of both.\n\n| lock | trava | what keeps | o que impede |\n"
    assert [line.split() for _number, line in spelling.portuguese(text)] == [["trava", "o", "que", "impede"]]


@pytest.mark.skipif(
    not shutil.which("hunspell"), reason="found no hunspell; `scripts/spelling` installs it, and checks all pages"
)
def test_what_the_dictionary_does_not_know_is_named():
    assert spelling.unknown_of({"restauração", "restauracão", "pré-requisito"}) == {"restauracão"}
