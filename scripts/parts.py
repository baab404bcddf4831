"""What `make test-all PART=…` has: the steps of each long part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from steps import PREPARE, SERVERS_PREPARE, START, Step, code_step, images_of, pytest_step, scenario_step

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
    "logs": [SERVERS_PREPARE, code_step("logs prepare", "tests/long/logs/install", minutes=15)],
    "physical": [SERVERS_PREPARE],
    # It builds Gatus, which takes two minutes.
    "status_page": [code_step("status page prepare", "tests/long/status_page/install", minutes=15)],
    "zoo": [SERVERS_PREPARE, code_step("zoo prepare", "tests/long/zoo/install", *map(str, IMAGES), minutes=10)],
}
BENCHES_ON_LAB = {"unchanged"}


def scenario_parts() -> dict[str, list[Step]]:
    """A hundred rounds of chaos in four parts, a failover with a rejoin within seconds on both releases, physical backups that end, and one
    machine that has everything, with what the distributions do not have yet.
    """
    quarters = {"15a": "1-25", "15b": "26-50", "17a": "51-75", "17b": "76-100"}
    found = {
        f"chaos-{quarter}": on_replicas("chaos", int(quarter[:2]), f"chaos-{quarter}", CHAOS_SEEDS=seeds)
        for quarter, seeds in quarters.items()
    }
    found["rejoin-soon"] = [
        step for release in IMAGES for step in on_replicas("rejoin_soon", release, f"rejoin-soon-{release}")
    ]
    found["physical-off"] = on_scenario("physical_off", "physical-off", "")
    image = Step("prepare PostgreSQL 18", ["tests/images/postgres18/build"], needs=("prepare machines",), minutes=15)
    found["postgres-18"] = [image, single(image, LAB_IMAGE="postgres18")]
    python = code_step("newest ansible prepare", "scripts/setup", "newest", minutes=15)
    env = {"PYTHON_ENVIRONMENT": ".cache/newest-ansible"}
    # Among them that of each playbook's syntax. Through scripts/env, since make's own is of .venv.
    unit = pytest_step(
        "newest ansible unit",
        "tests/unit",
        report="unit-newest",
        minutes=60,
        needs=(python.name,),
        lane="beside",
        env=env,
    )
    found["newest-ansible"] = [python, replace(unit, command=["scripts/env", *unit.command]), single(python, **env)]
    return found


def single(before: Step, **env: str) -> Step:
    """The scenario of one machine in every group, from nothing to its tests."""
    step = scenario_step("single", lane="lab")
    return replace(step, env=env, needs=(*step.needs, before.name))


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
