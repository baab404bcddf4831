# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._credentials import (
    ALPHABET,
    CredentialsError,
    parse,
    quote,
    reconcile,
)

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1)
FOREIGN = st.sampled_from(["", "# comment", "  # A=b", "export PATH", "a line of prose"])


def values(text):
    return {line.name: line.value for line in parse(text) if line.name}


def numbered():
    """Secrets that are told apart and not random."""
    counter = iter(range(1000))
    return lambda length: f"random{next(counter)}"


@given(VALUES)
def test_whatever_is_written_is_read_back(value):
    assert values(f"A={quote(value)}\n") == {"A": value}


@settings(max_examples=25)
@given(
    st.lists(
        st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1), min_size=1, max_size=20
    )
)
def test_a_shell_reads_what_the_parser_reads(texts):
    script = "".join(f"A{i}={quote(text)}\nprintf '%s\\0' \"$A{i}\"\n" for i, text in enumerate(texts))
    told = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout
    assert told.split("\0")[:-1] == texts


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab=:~ #'\"\\$`;{*!\t"), max_size=8))
def test_a_line_that_is_accepted_means_the_same_to_a_shell(word):
    try:
        value = values(f"A={word}\n")["A"]
    except CredentialsError:
        return
    script = f"A={word}\nprintf '%s' \"$A\"\n"
    told = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True, env={"HOME": "/h"}).stdout
    assert told == value


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, st.none()), st.lists(FOREIGN))
def test_nothing_that_is_there_is_ever_changed(present, wanted, foreign):
    text = "".join(line + "\n" for line in [*foreign, *(f"{name}={quote(value)}" for name, value in present.items())])
    plan = reconcile(text, wanted, numbered())
    assert plan["text"].startswith(text)
    assert plan["updated"] == []
    assert plan["generated"] == [name for name in wanted if name not in present]
    assert values(plan["text"]) == {**present, **{name: plan["secrets"][name] for name in plan["generated"]}}


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, st.one_of(st.none(), VALUES)))
def test_a_second_run_finds_nothing_to_do(present, given_values):
    text = "".join(f"{name}={quote(value)}\n" for name, value in present.items())
    wanted = {name: {"value": value} for name, value in given_values.items()}
    first = reconcile(text, wanted)
    second = reconcile(first["text"], wanted)
    assert (second["text"], second["secrets"]) == (first["text"], first["secrets"])
    assert second["generated"] == second["updated"] == []


def test_a_given_value_wins_and_everything_around_it_stays():
    text = "# top\nexport A='old one' # keep\n\nB=b\nprose\n"
    plan = reconcile(text, {"A": {"value": "new"}, "B": {"value": "b"}})
    assert plan["text"] == "# top\nexport A=new # keep\n\nB=b\nprose\n"
    assert plan["updated"] == ["A"]


def test_a_file_whose_last_line_has_no_end_gets_one():
    assert reconcile("A=a", {"B": {}}, numbered())["text"] == "A=a\nB=random0\n"
    assert reconcile("A=a", {"A": {}})["text"] == "A=a"


def test_an_empty_value_is_a_place_to_be_filled_in():
    plan = reconcile("A=\nB=b\n", {"A": {}}, numbered())
    assert plan["text"] == "A=random0\nB=b\n"


def test_a_missing_secret_that_may_not_be_generated_is_null():
    plan = reconcile("", {"A": {"generate": False}, "B": {"generate": False, "value": "given"}})
    assert plan["secrets"] == {"A": None, "B": "given"}
    assert plan["text"] == "B=given\n"


def test_a_generated_secret_is_long_and_needs_no_quotes():
    plan = reconcile("", {"A": None, "B": {"length": 20}})
    assert [len(value) for value in plan["secrets"].values()] == [32, 20]
    assert set("".join(plan["secrets"].values())) <= set(ALPHABET)
    assert plan["secrets"]["A"] != reconcile("", {"A": None})["secrets"]["A"]


@pytest.mark.parametrize(
    "line",
    [
        "A='open",
        'A="open',
        "A=two words",
        "A=$B",
        'A="$B"',
        "A=`id`",
        "A=~root",
        "A=a;b",
        "A = spaced",
        "A=end\\",
        "A=windows\r",
    ],
)
def test_a_malformed_line_is_refused_by_its_number_and_never_shown(line):
    with pytest.raises(CredentialsError, match=r"line 2: the value of A") as refusal:
        reconcile(f"# first\n{line}\n", {"B": {}})
    assert line.partition("=")[2] not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "request_", "message"),
    [
        ("1A", {}, "secret name '1A'"),
        ("A", {"value": "a\nb"}, "line break"),
        ("A", {"length": 4}, "expected 16 or more"),
        ("A", {"length": "long"}, "length a number"),
        ("A", {"lenght": 40}, "lenght is not known"),
        ("A", "text", "expected a dict"),
    ],
)
def test_a_malformed_request_is_refused(name, request_, message):
    with pytest.raises(CredentialsError, match=message):
        reconcile("", {name: request_})


def test_a_wanted_name_that_is_there_twice_is_refused_but_others_may_be():
    text = "A=1\nA=2\n"
    assert reconcile(text, {"B": {"value": "b"}})["text"] == "A=1\nA=2\nB=b\n"
    with pytest.raises(CredentialsError, match="line 2: A is set a second time"):
        reconcile(text, {"A": {}})
