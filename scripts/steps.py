"""What `make test` consists of: named steps, each one command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPORTS = Path(".cache/test")
SHELL_FILES = "git ls-files -co --exclude-standard | xargs grep -d skip -lE '^#!/usr/bin/env bash|^# shellcheck shell='"
PYTEST = ["python", "-m", "pytest", "--durations=15", "--durations-min=2"]
# Scenarios on the same two machines: in `make test` each builds on what the one before left there.
STACKED = ["postgres_primary", "postgres_replica", "pgbouncer"]
# "ubuntu" needs Ubuntu's image and other repositories: make ubuntu.
ELSEWHERE = {"default", "bench", "ubuntu"}
# Their S3 servers, and what the second one's engine runs, are images of the lab's.
WITH_IMAGES = {"s3_backup", "single"}
ALONE = sorted({path.parent.name for path in Path("molecule").glob("*/molecule.yml")} - ELSEWHERE - {*STACKED})
# So that both lanes end at about the same time.
AFTER_LAB = {"single"}


@dataclass(frozen=True)
class Step:
    """One command with a name and a time limit.

    Steps of one lane run in their order, beside those of the other lanes. A failed step stops only the steps that need it.
    An `unchanged` step fails if Ansible's recap reports a change. Test counts are read from pytest's report.
    """

    name: str
    command: list[str]
    minutes: float = 5
    needs: tuple[str, ...] = ()
    lane: str = "lab"
    unchanged: bool = False
    env: dict[str, str] = field(default_factory=dict)
    report: str = ""
    show: bool = False

    @property
    def report_file(self) -> Path | None:
        return REPORTS / f"{self.report}.xml" if self.report else None


def pytest_step(name: str, *arguments: str, report: str, **more: Any) -> Step:
    command = [*PYTEST, f"--junit-xml={REPORTS / report}.xml", *arguments]
    return Step(name, command, report=report, **more)


def lab_step(name: str, command: str, inventory: str = "production", needs: tuple[str, ...] = (), **more: Any) -> Step:
    env = {"LAB_INVENTORY": inventory}
    return Step(name, ["scripts/molecule", "default", command], needs=needs, env=env, **{"minutes": 15, **more})


# An Ansible run keeps one core busy, and a small machine has two: what needs the lab takes half of the time, and most else runs beside it.
LANES = ["beside", "lab"]


def code_step(name: str, *command: str, minutes: float = 5) -> Step:
    return Step(name, list(command), minutes=minutes, lane="beside")


SERVERS_PREPARE = code_step("servers prepare", "tests/servers/install", minutes=10)
# Steps that need no lab.
CODE = [
    code_step("lint ansible", "ansible-lint", "--strict", minutes=10),
    code_step("lint yaml", "yamllint", "--strict", "."),
    code_step("lint python", "ruff", "check", "."),
    code_step("lint python format", "ruff", "format", "--check", "--diff", "."),
    code_step("lint text", "pre-commit", "run", "--all-files", "text"),
    code_step("lint portuguese", "scripts/spelling"),
    code_step("lint types", "mypy"),
    code_step("lint vaults", "scripts/check-vaults"),
    code_step("lint shell", "bash", "-c", f"{SHELL_FILES} | xargs shellcheck"),
    code_step("lint workflows", "scripts/actionlint", minutes=10),
    code_step("lint workflows for security", "zizmor", "--offline", "--pedantic", "--quiet", ".github"),
    code_step("changelog", "antsibull-changelog", "lint"),
    code_step("build", "ansible-galaxy", "collection", "build", "--force", "--output-path", ".cache/build"),
    code_step("sanity", "scripts/sanity", minutes=20),
    pytest_step("unit", "tests/unit", report="unit", minutes=25, lane="beside"),
    SERVERS_PREPARE,
    pytest_step("servers", "tests/servers", report="servers", minutes=25, needs=("servers prepare",), lane="beside"),
]

# Fails where the lab is another checkout's.
OWNER = ["scripts/lab-owner"]

PREPARE = [
    Step("prepare engine", ["scripts/engine", "start"], minutes=10),
    # Asked at the very beginning too, where an engine runs by then.
    Step("prepare owner", OWNER, needs=("prepare engine",)),
    # All that most scenarios need; the lab needs more, which takes minutes.
    Step(
        "prepare machines",
        ["tests/images/machine/build", "debian12", "debian13"],
        minutes=15,
        needs=("prepare owner",),
    ),
    Step("prepare images", ["tests/images/build"], minutes=30, needs=("prepare machines",)),
]


def images_of(scenario: str) -> str:
    """The step that makes them."""
    return "prepare images" if scenario in WITH_IMAGES else "prepare machines"


def scenario_step(name: str, *options: str, lane: str = "beside") -> Step:
    command = ["scripts/molecule", name, "test", *options]
    return Step(f"molecule {name}", command, minutes=30, needs=(images_of(name),), lane=lane, report=f"verify-{name}")


UNSTACK = Step(
    "molecule unstack", ["scripts/molecule", STACKED[-1], "destroy"], needs=("prepare owner",), lane="beside"
)
SCENARIOS = [
    *(scenario_step(name) for name in ALONE if name not in AFTER_LAB),
    UNSTACK,
    *(scenario_step(name, "--destroy=never") for name in STACKED),
    UNSTACK,
]

START = [
    lab_step("lab create", "create", needs=("prepare images",)),
    # About six minutes beside another lane on two cores.
    lab_step("lab converge", "converge", needs=("lab create",), minutes=25),
    lab_step("lab converge staging", "converge", "staging", needs=("lab converge",)),
]

LAB = [
    lab_step("lab destroy", "destroy", needs=("prepare owner",)),
    START[0],
    lab_step("lab check, bare machines", "check", needs=("lab create",)),
    *START[1:],
    # Production's second run is the one of the installed artefact, in tests/lab.
    lab_step("lab idempotence staging", "idempotence", "staging", needs=("lab converge staging",)),
    lab_step("lab check", "check", needs=("lab converge",), unchanged=True),
    Step("lab status", ["scripts/env", "python", "scripts/report.py", "status"], needs=("lab converge",)),
    lab_step("lab verify", "verify", needs=("lab converge staging",), minutes=20, report="verify-default"),
    pytest_step("lab tests", "--timeout=1800", "tests/lab", report="lab", minutes=75, needs=("lab converge staging",)),
]

STEPS = [*CODE, *PREPARE, *SCENARIOS, *LAB, *(scenario_step(name, lane="lab") for name in sorted(AFTER_LAB))]
CLEAN = Step("clean", ["scripts/clean"], minutes=5)
