# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contents are what ansible.builtin.template and copy would have made of them, and wrong entries are named."""

from __future__ import annotations

import os

import pytest
from support.helpers.plays import run_play

TEMPLATE = """{# a comment #}
{{ ansible_managed }} {{ greeting }}
{% for each in [1, 2] %}
  {{ each }}{{ "," if not loop.last }}
{% endfor %}
{% include 'part.j2' %}
{{ {'a': [1, true, none]} | to_nice_json }}
"""


@pytest.fixture
def play(tmp_path):
    """A function that runs tasks on this machine: (whether it succeeded, what the last one that told something said)."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "templates/whole.j2").write_text(TEMPLATE)
    (tmp_path / "templates/part.j2").write_text("part for {{ own | default('nobody') }}\n")
    (tmp_path / "files/binary").write_bytes(bytes(range(256)))

    def run(*tasks, options=()):
        variables = {
            "greeting": "héllo",
            "out": str(tmp_path / "out"),
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        play = {"hosts": "localhost", "vars": variables, "tasks": list(tasks)}
        code, said = run_play(tmp_path, play, "--inventory=localhost,", *options)
        return code == 0, said

    return run


def file_set(*files, **more):
    owner = {"owner": str(os.geteuid()), "group": str(os.getegid())}
    return {"name": "Set", "plannerate.infra.file_set": {"files": list(files), **owner}, **more}


def test_the_same_bytes_as_template_and_copy_write(play, tmp_path):
    pairs = [
        ({"template": "whole.j2"}, {"ansible.builtin.template": {"src": "whole.j2"}}),
        ({"src": "binary"}, {"ansible.builtin.copy": {"src": "binary"}}),
        ({"content": "{{ greeting }}\n"}, {"ansible.builtin.copy": {"content": "{{ greeting }}\n"}}),
        (
            {"content": "{{ {'a': 1} | to_nice_json }}\n"},
            {"ansible.builtin.copy": {"content": "{{ {'a': 1} | to_nice_json }}\n"}},
        ),
    ]
    tasks = []
    for number, (_ours, (task)) in enumerate(pairs):
        (module, options) = next(iter(task.items()))
        tasks.append({"name": "Theirs", module: {**options, "dest": f"{{{{ out }}}}/theirs{number}"}})
    tasks.append(
        file_set(*({"path": f"{{{{ out }}}}/ours{number}", **ours} for number, (ours, _task) in enumerate(pairs)))
    )
    good, said = play(*tasks)
    assert good, said
    for number in range(len(pairs)):
        assert (tmp_path / f"out/ours{number}").read_bytes() == (tmp_path / f"out/theirs{number}").read_bytes()


def test_an_entry_has_its_own_variables_and_may_be_left_out(play, tmp_path):
    good, said = play(
        file_set(
            {"path": "{{ out }}/one", "template": "part.j2", "vars": {"own": "{{ greeting }}"}},
            {"path": "{{ out }}/two", "template": "part.j2", "when": "{{ greeting == 'other' }}"},
        )
    )
    assert good, said
    assert (tmp_path / "out/one").read_text() == "part for héllo\n" and not (tmp_path / "out/two").exists()


def test_no_content_is_printed_however_verbose_and_the_diff_shows_what_is_no_secret(play):
    task = file_set(
        {"path": "{{ out }}/secret", "content": "s3cr3t-word", "secret": True},
        {"path": "{{ out }}/shown", "content": "shown-word"},
    )
    good, said = play(task, options=("-vvv", "--diff", "--check"))
    assert good, said
    assert "s3cr3t-word" not in said and "+shown-word" in said


@pytest.mark.parametrize(("options", "said"), [((), "\nwritten: "), (("--check",), "\nwould be written: ")])
def test_what_changed_is_told_by_name(play, tmp_path, options, said):
    task = file_set({"path": "{{ out }}/one", "content": "x"}, {"path": "{{ out }}/two", "content": "x"})
    good, output = play(task, options=options)
    assert good and all(f"{said}{tmp_path}/out/{name}\n" in output for name in ("one", "two")), output


def test_what_is_pending_is_told_and_an_acknowledgement_stands_alone(play):
    """With --check, since the machine remembers it below /var/lib."""
    task = {**file_set({"path": "{{ out }}/one", "content": "x"}), "register": "written"}
    task["plannerate.infra.file_set"] |= {"pending": "tests"}
    told = {"ansible.builtin.debug": {"msg": "pending: {{ written.pending | map('basename') | join }}."}}
    acknowledge = {"plannerate.infra.file_set": {"acknowledge": "tests"}}
    good, output = play(task, told, acknowledge, options=("--check",))
    assert good and "pending: one." in output and "changed=1" in output, output
    wrong = {**file_set({"path": "/x", "content": "x"})}
    wrong["plannerate.infra.file_set"] |= {"acknowledge": "tests"}
    good, output = play(wrong)
    assert not good and "found acknowledge with files, group, owner, expected it alone" in output


def test_a_path_is_in_a_set_once(play):
    good, said = play(file_set({"path": "/x", "directory": True}, {"path": "/x", "absent": True}))
    assert not good and "files[1] (/x) is in the set twice" in said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"path": "/x"}, "has nothing, expected a path and exactly one of template, src, content"),
        (
            {"path": "/x", "content": "", "template": "part.j2"},
            "has template, content, expected a path and exactly one",
        ),
        ({"content": "x"}, "files[0] (without path) has content"),
        ({"path": "/x", "content": "x", "mode": 644}, "mode is 644, expected octal digits in quotes"),
        ({"path": "/x", "content": "x", "onwer": "me"}, "has onwer, expected only absent, content"),
        ({"path": "/x", "template": "none.j2"}, "Could not find or access 'none.j2'"),
    ],
)
def test_what_cannot_be_meant(play, entry, said):
    good, output = play(file_set(entry))
    assert not good and said in " ".join(output.split()), output
