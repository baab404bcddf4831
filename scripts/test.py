"""Run steps, print the result of each, and end with "N passed, N failed"."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from parts import parts
from steps import CLEAN, LANES, OWNER, REPORTS, STEPS, Step

TAIL = 60
# What runs now, so that it can be ended, and whether no further step may begin.
RUNNING: set[subprocess.Popen[bytes]] = set()
ENDED = threading.Event()
# What failed, to be said once more at the end, where it is looked for.
FAILED: list[str] = []
PRINTING = threading.Lock()


def execute(step: Step, log: Path) -> str | None:
    """Run the step's command; return what went wrong, or None."""
    env = os.environ | step.env
    with log.open("wb") as output:
        process = subprocess.Popen(
            step.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
        RUNNING.add(process)
        # Whoever ended everything while this began has not seen it.
        if ENDED.is_set():
            stop(process)
        try:
            code = process.wait(timeout=step.minutes * 60)
        except subprocess.TimeoutExpired:
            stop(process)
            return f"not finished after {step.minutes:g} minutes"
        except BaseException:
            stop(process)
            raise
        finally:
            RUNNING.discard(process)
    if code:
        return f"exit code {code}"
    if step.unchanged and (changes := re.findall(r"changed=[1-9]\d*", log.read_text(errors="replace"))):
        return f"must change nothing, but: {', '.join(changes)}"
    return None


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a step with everything that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def count(report: Path) -> tuple[int, int, int]:
    """The passed, failed and skipped tests of a JUnit report."""
    total = failed = skipped = 0
    for suite in ET.parse(report).getroot().iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return max(total - failed - skipped, 0), failed, skipped


def run(step: Step) -> tuple[int, int]:
    """Run a step, print its result, and return how many passed and failed."""
    log = REPORTS / f"{re.sub('[^a-z0-9_]+', '-', step.name)}.log"
    if step.report_file:
        step.report_file.unlink(missing_ok=True)
    tell(f"==> {step.name}")
    began = time.monotonic()
    problem = execute(step, log)
    took = time.monotonic() - began

    passed = failed = 0
    words = []
    if step.report_file and step.report_file.exists():
        passed, failed, skipped = count(step.report_file)
        words = [f"{passed} passed", f"{failed} failed"] + ([f"{skipped} skipped"] if skipped else [])
        if passed + failed == 0:
            problem = problem or "no tests were found"
    elif step.report_file:
        problem = problem or "its test report is missing"
    is_pytest = "pytest" in step.command
    if problem and not failed:
        failed += 1
    elif not problem and not is_pytest:
        passed += 1

    lines = []
    if problem or step.show:
        lines = [f"    | {line}" for line in log.read_text(errors="replace").splitlines()[-TAIL:]]
    if problem:
        words += [f"FAILED: {problem}", f"log: {log}"]
        tests = re.findall(r"^(?:FAILED|ERROR) \S+::\S+", log.read_text(errors="replace"), re.MULTILINE)
        FAILED.extend([f"{step.name}: {problem}", *(f"  {test}" for test in tests)])
    tell(*lines, f"    {took:7.1f} s   {step.name}: {', '.join(words) or 'ok'}")
    return passed, failed


def tell(*lines: str) -> None:
    """Print lines that belong together."""
    with PRINTING:
        print("\n".join(lines), flush=True)


class Run:
    """Lanes of steps, side by side; a step waits for what it needs and is skipped if that failed."""

    def __init__(self, steps: list[Step]) -> None:
        self.lanes = [lane for lane in ([step for step in steps if step.lane == name] for name in LANES) if lane]
        self.over = {step.name: threading.Event() for step in steps}
        self.unmet: set[str] = set()

    def all(self) -> tuple[int, int]:
        """Run everything; return how many passed and failed."""
        with ThreadPoolExecutor(len(self.lanes)) as executor:
            try:
                lanes = [executor.submit(self.in_order, lane) for lane in self.lanes]
                counts = [lane.result() for lane in as_completed(lanes)]
            except BaseException:
                self.end()
                raise
        return sum(passed for passed, _failed in counts), sum(failed for _passed, failed in counts)

    def end(self) -> None:
        """Stop what runs and let nothing else begin."""
        ENDED.set()
        for event in self.over.values():
            event.set()
        for process in list(RUNNING):
            stop(process)

    def in_order(self, lane: list[Step]) -> tuple[int, int]:
        """Run the steps of a lane; return how many passed and failed."""
        passed = failed = 0
        for step in lane:
            needs = [name for name in step.needs if name in self.over]
            for name in needs:
                self.over[name].wait()
            if ENDED.is_set():
                break
            unmet = [name for name in needs if name in self.unmet]
            if unmet:
                tell(f"==> {step.name}", f"    skipped: {unmet[0]} failed or was skipped")
                bad = 0
            else:
                good, bad = run(step)
                passed += good
                failed += bad
            if unmet or bad:
                self.unmet.add(step.name)
            self.over[step.name].set()
        return passed, failed


def with_needs(chosen: list[Step]) -> list[Step]:
    """The chosen steps and what they need, in the order of STEPS."""
    names = {step.name for step in chosen}
    for step in reversed(STEPS):
        if step.name in names:
            names.update(step.needs)
    return [step for step in STEPS if step.name in names]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__)
    parser.add_argument("names", nargs="*", help="run only the steps whose names begin with this, and what they need")
    parser.add_argument("--part", help="one of the long tests; empty: list them")
    options = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    # Ending this ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    if options.part is not None:
        if options.part not in parts():
            print("make test-all PART=name, where name is one of:", *parts(), sep="\n  ")
            return 2 if options.part else 0
        steps = parts()[options.part]
    elif options.names:
        steps = with_needs([step for step in STEPS if step.name.startswith(tuple(options.names))])
        if not steps:
            print(
                "Found no step whose name begins with that. Expected one of:",
                *(step.name for step in STEPS),
                sep="\n  ",
            )
            return 2
    else:
        steps = STEPS

    if any(step.lane == "lab" for step in steps) and subprocess.run(OWNER, check=False).returncode:
        return 2
    cleans_up = not os.environ.get("KEEP") and any(step.name.startswith("lab ") for step in steps)
    passed = failed = cleaned = left = 0
    try:
        passed, failed = Run(steps).all()
    finally:
        if cleans_up:
            ENDED.clear()
            cleaned, left = run(CLEAN)
    if FAILED:
        print("\nFailed:", *FAILED, sep="\n")
    print(f"\n{passed + cleaned} passed, {failed + left} failed", flush=True)
    return 0 if passed and not failed + left else 1


if __name__ == "__main__":
    sys.exit(main())
