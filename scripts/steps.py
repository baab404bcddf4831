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


# The releases of PostgreSQL, with the images that have them.
IMAGES = {15: "debian12", 17: "debian13"}
REPLICAS = "postgres_replica"
# Directories of tests/long that need only the machines of a scenario, those of REPLICAS on each release by its image.
ON_SCENARIOS = {"chaos": REPLICAS, "rejoin_soon": REPLICAS, "physical_off": "s3_backup"}
# The parts of tests/long/pairs by which of two runs comes first; each takes at most half an hour.
PAIRS = {
    "converge": "converge production,converge staging",
    "primary": "switchover,failover,rejoin",
    "data": "restore,patch",
}
# Those that need no machine, with what they need instead.
WITHOUT_LAB: dict[str, list[Step]] = {
    "inventories": [code_step("inventories prepare", "tests/long/inventories/install", minutes=15)],
    "lock": [],
    # It builds VictoriaLogs, which takes a minute or two.
    "logs": [code_step("logs prepare", "tests/long/logs/install", minutes=15)],
    "physical": [SERVERS_PREPARE],
    # It builds Gatus, which takes two minutes.
    "status_page": [code_step("status page prepare", "tests/long/status_page/install", minutes=15)],
    "zoo": [SERVERS_PREPARE, code_step("zoo prepare", "tests/long/zoo/install", *map(str, IMAGES), minutes=10)],
}
BENCHES_ON_LAB = {"unchanged"}


def scenario_parts() -> dict[str, list[Step]]:
    """A hundred rounds of chaos in four parts, a failover with a rejoin within seconds on both releases, and physical backups that end."""
    quarters = {"15a": "1-25", "15b": "26-50", "17a": "51-75", "17b": "76-100"}
    found = {
        f"chaos-{quarter}": on_replicas("chaos", int(quarter[:2]), f"chaos-{quarter}", CHAOS_SEEDS=seeds)
        for quarter, seeds in quarters.items()
    }
    found["rejoin-soon"] = [
        step for release in IMAGES for step in on_replicas("rejoin_soon", release, f"rejoin-soon-{release}")
    ]
    found["physical-off"] = on_scenario("physical_off", "physical-off", "")
    return found


def on_replicas(directory: str, release: int, name: str, **more: str) -> list[Step]:
    """With a release of PostgreSQL."""
    return on_scenario(directory, name, f", PostgreSQL {release}", LAB_IMAGE=IMAGES[release], **more)


def on_scenario(directory: str, name: str, which: str, **env: str) -> list[Step]:
    """The machines of the directory's scenario anew, and its tests on them."""
    scenario = ON_SCENARIOS[directory]
    destroy, converge = (f"lab {scenario} {command}{which}" for command in ("destroy", "converge"))
    return [
        Step(destroy, ["scripts/molecule", scenario, "destroy"], needs=("prepare owner",), env=env),
        Step(
            converge,
            ["scripts/molecule", scenario, "converge"],
            minutes=10,
            needs=(images_of(scenario), destroy),
            env=env,
        ),
        pytest_step(
            name, "--timeout=900", f"tests/long/{directory}", report=name, minutes=180, needs=(converge,), env=env
        ),
    ]


def on_lab(directory: Path, name: str, **env: str) -> list[Step]:
    """The lab with both inventories, and the tests of a directory in it."""
    tests = pytest_step(
        name, "--timeout=3600", str(directory), report=name, minutes=180, needs=("lab converge staging",), env=env
    )
    return [*PREPARE, *START, tests]


def parts() -> dict[str, list[Step]]:
    """The long tests: a directory of tests/long on a raised lab, a program of tests/bench, or the mutations of the code."""
    mutations = pytest_step(
        "mutations", "--timeout=600", "tests/mutations", report="mutations", minutes=60, lane="beside"
    )
    found: dict[str, list[Step]] = {"mutations": [mutations]}
    for name, steps in scenario_parts().items():
        needed = {need for step in steps for need in step.needs}
        found[name] = [*(step for step in PREPARE if step.name != "prepare images" or step.name in needed), *steps]
    for path in sorted(Path("tests/long").glob("*/")):
        if path.name in ON_SCENARIOS:
            continue
        if path.name in WITHOUT_LAB:
            before = WITHOUT_LAB[path.name]
            found[path.name] = [
                *before,
                pytest_step(
                    path.name,
                    "--timeout=1800",
                    str(path),
                    report=path.name,
                    minutes=60,
                    needs=tuple(step.name for step in before),
                    lane="beside",
                ),
            ]
            continue
        if path.name == "pairs":
            found |= {
                f"pairs-{name}": on_lab(path, f"pairs-{name}", PAIRS_FIRST=firsts) for name, firsts in PAIRS.items()
            }
            continue
        found[path.name] = on_lab(path, path.name)
    for path in sorted(Path("tests/bench").glob("*")):
        if path.is_file() and path.suffix == "":
            name = f"bench-{path.name}"
            lab, needs = (START, "lab converge staging") if path.name in BENCHES_ON_LAB else ([], "prepare images")
            found[name] = [*PREPARE, *lab, Step(name, [str(path)], minutes=60, needs=(needs,), show=True)]
    return found
