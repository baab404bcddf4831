# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` runs lanes side by side, counts what passed and failed, and ends with what it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.helpers.pairs import chosen

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {scripts!r})
import steps, test
from steps import Step
steps.LANES = test.LANES = ["one", "two"]
steps.STEPS = test.STEPS = [{steps}]
test.CLEAN = Step("clean", ["touch", "cleaned"])
test.OWNER = ["true"]
sys.argv = ["test"]
sys.exit(test.main())
"""


@pytest.fixture
def run(tmp_path):
    """Starts steps, given as the text of Step(...), and gives the process."""
    started = []

    def begin(*steps):
        command = [sys.executable, "-c", PROGRAM.format(scripts=str(SCRIPTS), steps=", ".join(steps))]
        env = {name: value for name, value in os.environ.items() if name != "KEEP"}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_lanes_run_side_by_side(run):
    """Each waits for the other one's file."""
    meet = "touch {0}; for i in $(seq 100); do [ -e {1} ] && exit; sleep 0.1; done; exit 1"
    said, _errors = run(
        f'Step("a", ["sh", "-c", "{meet.format("a", "b")}"], lane="one")',
        f'Step("b", ["sh", "-c", "{meet.format("b", "a")}"], lane="two")',
    ).communicate(timeout=30)
    assert said.splitlines()[-1] == "2 passed, 0 failed"


def test_a_step_waits_for_what_it_needs_in_another_lane(run):
    said, _errors = run(
        'Step("a", ["test", "-e", "made"], lane="one", needs=("b",))',
        'Step("b", ["sh", "-c", "sleep 0.5; touch made"], lane="two")',
    ).communicate(timeout=30)
    assert said.splitlines()[-1] == "2 passed, 0 failed"


def test_a_step_that_needs_a_failed_one_is_skipped_and_the_output_says_so(run):
    process = run(
        'Step("a", ["touch", "a"], lane="one", needs=("c",))',
        'Step("b", ["false"], lane="two")',
        'Step("c", ["touch", "c"], lane="two", needs=("b",))',
        'Step("d", ["true"], lane="two")',
    )
    said, _errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "skipped: b failed or was skipped" in said and "skipped: c failed or was skipped" in said
    assert said.splitlines()[-1] == "1 passed, 1 failed"


def test_the_end_repeats_what_failed(run):
    said, _errors = run(
        'Step("a", ["sh", "-c", "echo FAILED tests/test_x.py::test_y - assert 1; exit 1"], lane="one")',
        'Step("b", ["true"], lane="one")',
    ).communicate(timeout=30)
    assert said.splitlines()[-5:] == [
        "Failed:",
        "a: exit code 1",
        "  FAILED tests/test_x.py::test_y",
        "",
        "1 passed, 1 failed",
    ]


def test_ended_from_outside_it_ends_what_it_started_and_cleans(run, tmp_path):
    script = "echo $$ >a.pid; exec sleep 60"
    process = run(
        f'Step("lab a", ["sh", "-c", "{script}"], lane="one")', 'Step("b", ["true"], lane="two", needs=("lab a",))'
    )
    for _attempt in range(100):
        if (tmp_path / "a.pid").exists() and (tmp_path / "a.pid").read_text().strip():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    said, _errors = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert "==> b" not in said
    assert (tmp_path / "cleaned").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "a.pid").read_text()), 0)


def of_parts(expression):
    """What scripts/parts.py says, which looks for the parts in the directory in which it runs."""
    program = f"import json, sys; sys.path.insert(0, 'scripts'); import parts; print(json.dumps({expression}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS.parent, capture_output=True, check=True)
    return json.loads(done.stdout)


def parts():
    """The long tests by their names: the steps of each."""
    return of_parts("{name: [step.name for step in each] for name, each in parts.parts().items()}")


def test_each_long_test_has_a_part_and_only_four_need_no_machine():
    found = parts()
    folders = {path.name for path in (SCRIPTS.parent / "tests" / "long").iterdir() if list(path.glob("test_*.py"))}
    on_scenarios = {*of_parts("sorted(parts.ON_SCENARIOS)")}
    assert on_scenarios < folders
    several = {"pairs": {"pairs-converge", "pairs-primary", "pairs-data"}}
    on_lab = {
        part
        for name in folders - on_scenarios - {"inventories", "lock", "logs", "physical", "status_page", "zoo"}
        for part in several.get(name, {name})
    }
    assert on_lab | {
        "chaos-15a",
        "chaos-15b",
        "chaos-17a",
        "chaos-17b",
        "rejoin-soon",
        "inventories",
        "lock",
        "logs",
        "physical",
        "physical-off",
        "status_page",
        "zoo",
    } < set(found)
    assert {name for name, steps in found.items() if "prepare machines" not in steps} == {
        "inventories",
        "lock",
        "logs",
        "mutations",
        "physical",
        "status_page",
        "zoo",
    }
    assert all("lab converge staging" in found[name] for name in on_lab)
    assert "prepare images" in found["physical-off"] and "prepare images" not in found["rejoin-soon"]


def test_the_parts_of_the_pairs_have_each_once():
    told = of_parts(
        "[step.env['PAIRS_FIRST'] for part in parts.parts().values() for step in part if 'PAIRS_FIRST' in step.env]"
    )
    assert sorted(pair for firsts in told for pair in chosen({"PAIRS_FIRST": firsts})) == sorted(chosen({}))


def test_the_parts_of_chaos_have_a_hundred_seeds():
    told = of_parts(
        "[step.env['CHAOS_SEEDS'] for part in parts.parts().values() for step in part if 'CHAOS_SEEDS' in step.env]"
    )
    ranges = [map(int, each.split("-")) for each in {*told}]
    assert sorted(seed for first, last in ranges for seed in range(first, last + 1)) == list(range(1, 101))
