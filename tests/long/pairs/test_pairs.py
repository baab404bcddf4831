# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs that change the cluster, started 5 s apart: one waits or is refused by name, and the cluster is whole afterwards.

All 49 ordered pairs, each with itself too: two promotions at once are what makes two primaries. They stand in three parts by their first
run; ``PAIR=switchover,failover`` runs one alone, whatever the part.

- Each pair begins with the whole cluster that the one before left, whoever its primary is: the way home costs a switchover, and comes once.
- A first run that takes longer than the second one waits, about 15 s after it began (a converge, a patch), costs just itself. The others
  are waited for, so such a pair costs both.
- There is nothing to patch, and the converges change nothing: the locks do not know that. A rejoin that comes first has a standby to start.
- A restore goes into a database of its own, which is dropped before the next pair.
- A failover needs a primary that is gone. Where it comes first, the primary is killed before. Where it comes second, the primary is killed
  just before it, under the first run, which may well end red; the operator runs the failover again where nobody takes writes. Only pairs
  with a failover end with a rejoin by the operator. All others have to be whole by themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import INVENTORIES, PORTS, playbook, wait_for
from support.helpers.pairs import RUNS, Ended, chosen, disorder_of_runs, scratch, variables
from support.helpers.processes import end_at_once
from support.helpers.roles_of_members import at_home
from support.helpers.whole import ask, disorder, writable

LOCK = "/var/lib/plannerate/locks/cluster"
APART, LONGEST = 5, 900
REPORTS = ROOT / ".cache" / "test" / "pairs"


@pytest.fixture(scope="module", autouse=True)
def home(backed_up, db01, admin_sql):
    """There is a backup to restore. Afterwards pg-main is the primary, and nothing is left of what was replaced."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    yield
    at_home(admin_sql)
    drop_restored(admin_sql, "pg-main")
    db01.check_output("rm -rf /var/lib/postgresql/*/*.replaced-* /var/lib/postgresql/*/*.diverged-*")


def drop_restored(admin_sql, primary):
    for place in (0, 1):
        admin_sql(f'DROP DATABASE IF EXISTS "{scratch(place)}" WITH (FORCE)', PORTS[primary])


@pytest.fixture
def whole(db01, pooler, admin_sql):
    """A function that waits until the cluster is whole. It is so at the beginning, and nothing is left of a restore, also where the pair
    before has failed.
    """

    def wait():
        wait_for(lambda: not disorder(db01, pooler), 90, "a whole cluster", lambda: disorder(db01, pooler), every=1)

    if disorder(db01, pooler):
        repair(db01)
    wait()
    drop_restored(admin_sql, writable(ask(db01))[0])
    return wait


def repair(db01):
    """As an operator does after a failover: promotes somebody where nobody takes writes, and lets the others follow."""
    if not writable(ask(db01)):
        well(playbook("failover"))
    well(playbook("rejoin"))


def well(done):
    assert done.returncode == 0, done.stdout


def begin(pair, place, standbys):
    """The process of one run of a pair, and the file that has its output."""
    name = pair[place]
    log = REPORTS / f"{' '.join([*pair, str(place)]).replace(' ', '-')}.log"
    command = ["ansible-playbook", f"--inventory={INVENTORIES / RUNS[name].inventory}"]
    command += [f"playbooks/{RUNS[name].playbook}.yml", f"--extra-vars={json.dumps(variables(name, place, standbys))}"]
    # Not a pipe, which a run fills while the other one is waited for.
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    return process, log


def side_by_side(pair, standbys, between):
    """Both runs, when they have ended.

    :arg between: is called just before the second one begins.
    """
    begun = [begin(pair, 0, standbys)]
    ended = {}
    try:
        time.sleep(APART)
        between()
        begun.append(begin(pair, 1, standbys))
        deadline = time.monotonic() + LONGEST
        while len(ended) < 2:
            for process, _log in begun:
                if process.poll() is not None:
                    ended.setdefault(process.pid, time.time())
            assert time.monotonic() < deadline, f"{pair} did not end within {LONGEST} s: see {REPORTS}"
            time.sleep(0.2)
    finally:
        for process, _log in begun:
            if process.poll() is None:
                end_at_once(process)
    return [
        Ended(name, process.pid, process.returncode, log.read_text(errors="replace"), ended[process.pid])
        for name, (process, log) in zip(pair, begun, strict=True)
    ]


@pytest.mark.parametrize(("first", "second"), chosen(os.environ), ids=lambda name: name.replace(" ", "-"))
def test_one_waits_or_is_refused_by_name(first, second, whole, db01, record_property):
    (primary,) = writable(ask(db01))
    standbys = [name for name in PORTS if name != primary]

    def kill_the_primary():
        cluster = primary.replace("-", "_")
        done = db01.run(f"kill -9 $(head -n 1 /var/lib/postgresql/15/{cluster}/postmaster.pid)")
        assert done.rc == 0 or first == "switchover", done.stderr

    if first == "failover":
        kill_the_primary()
    # With a standby less a failover may lose a commit, and is refused.
    if first == "rejoin" and second != "failover":
        db01.check_output(f"systemctl stop postgresql@15-{standbys[0].replace('-', '_')}")
    needs_death = second == "failover" and first != "failover"
    runs = side_by_side((first, second), standbys, kill_the_primary if needs_death else lambda: None)
    problems = disorder_of_runs(*runs, json.loads(db01.check_output(f"cat {LOCK}")))
    if "failover" in (first, second):
        repair(db01)
    else:
        # As its refusal says.
        for run in runs:
            if run.name == "rejoin" and run.refused:
                well(playbook("rejoin"))
    summary = "; ".join(f"{run.name} {'refused by name' if run.refused else f'went on, {run.code}'}" for run in runs)
    record_property("summary", summary)
    print(summary, *problems, sep="\n")
    whole()
    assert not problems, "\n".join([*problems, *(f"--- {run.name}\n{run.output}" for run in runs)])
