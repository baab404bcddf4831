# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup arrives over slow, lossy and cut links, in about the time that the link itself needs."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager

import pytest

# What a run takes on a link that costs nothing: sessions, requests, the dump's own time.
OWN_SECONDS = 20
CUT_SECONDS = 60


@contextmanager
def link(machine, discipline):
    """What db01 sends goes through this queue."""
    device = machine.check_output("ip -oneline route get 198.18.0.14 | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'")
    made = machine.run(f"tc qdisc replace dev {device} root {discipline}")
    if made.rc:
        pytest.skip(f"the machine's links cannot be shaped: {made.stderr.strip()}")
    try:
        yield device
    finally:
        machine.check_output(f"tc qdisc del dev {device} root")


def timed_run(environment):
    """(seconds, bytes that were stored) of a run that has to succeed."""
    began = time.monotonic()
    done = environment.command("run", "--json")
    took = time.monotonic() - began
    assert done.rc == 0, done.stdout + done.stderr
    (made,) = json.loads(done.stdout)["backups"]
    return took, sum(entry["size"] for entry in made["objects"])


@pytest.mark.parametrize(("rate", "loss"), [(5, 0), (20, 0), (100, 0), (20, 1)])
def test_it_takes_about_as_long_as_the_link_needs(environment, before, rate, loss):
    assert before
    with link(environment.machine, f"netem rate {rate}mbit delay 20ms loss {loss}% limit 200"):
        took, size = timed_run(environment)
    needed = size * 8 / (rate * 1e6)
    print(
        f"{rate} Mbit/s, {loss} % loss: {size / 1e6:.1f} MB in {took:.1f} s, {took / needed:.2f} times the link's own"
    )
    assert took < (2 if loss else 1.3) * needed + OWN_SECONDS


def test_a_cut_of_a_minute_is_survived(environment, before):
    assert before
    shaped = "netem rate 10mbit delay 20ms limit 200"
    with link(environment.machine, shaped) as device:
        environment.machine.check_output(
            f"(sleep 5; tc qdisc change dev {device} root netem loss 100%; sleep {CUT_SECONDS}; "
            f"tc qdisc replace dev {device} root {shaped}) >/dev/null 2>&1 </dev/null &"
        )
        took, _size = timed_run(environment)
    assert took > CUT_SECONDS, "the link was cut"
