# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs run at the same time, with what they need and no password in sight, and none of them stays."""

from __future__ import annotations

import subprocess
import threading
import time

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS
from ansible_collections.plannerate.infra.plugins.module_utils._validation.step import run
from ansible_collections.plannerate.infra.plugins.module_utils._validation.stress import goes_on, rows

SITE = {"domain": "example.org", "address": "192.0.2.20", "path": "/up", "authority": "a certificate"}
CONNECTION = {"host": "192.0.2.10", "port": 6432, "password": "k3Zq8vT1pLmX"}
VISITOR = 'echo "$@" >> arguments; test "$(cat authority)" = "a certificate"; printf "200 0.020 0\\n503 0.001 0\\n"'
BENCH = 'echo "$@" "$PGHOST" "$PGPORT" >> arguments; test "$PGPASSWORD" = k3Zq8vT1pLmX; echo "0 1 1500 0 1 1 10" > transactions.7'


@pytest.fixture
def put_load(tmp_path):
    """A function that runs a step with stubs in the place of the programs."""

    def put_load(bench=BENCH, visitor=VISITOR, clients=3, sites=(SITE,)):
        programs = {}
        for name, said in (("pgbench", bench), ("curl", visitor)):
            path = tmp_path / f"program-{name}"
            if said is not None:
                path.write_text(f"#!/bin/sh -e\n{said}\n")
                path.chmod(0o755)
            programs[name] = None if said is None else str(path)
        params = {
            "directory": str(tmp_path),
            "clients": clients,
            "seconds": 1,
            "rate": 5,
            "site": next(iter(sites), None),
        }
        return run(programs, CONNECTION, params)

    return put_load


def test_one_database_and_as_many_visitors_as_clients(put_load, tmp_path):
    found = put_load()
    assert (found["database"]["sent"], found["database"]["p95"]) == (1, 1.5) and "reason" not in found["database"]
    assert (found["site"]["sent"], found["site"]["failed"]) == (6, 3)
    told = (tmp_path / "arguments").read_text()
    assert told.count("192.0.2.10 6432") == 1 and told.count("https://example.org/up") == 3
    assert "k3Zq8vT1pLmX" not in told and "plannerate_validation.content" in (tmp_path / "script").read_text()


def test_what_is_not_installed_is_named_with_its_package(put_load):
    assert put_load(visitor=None)["site"] == {"reason": "not installed: curl"}
    found = put_load(bench=None)
    assert found["database"] == {"reason": "not installed: postgresql-contrib"} and found["site"]["sent"] == 6
    assert "site" not in put_load(visitor=None, sites=())


def test_what_a_program_said_when_it_failed_is_told(put_load):
    found = put_load(bench="echo 'connection refused' >&2; exit 2")
    assert found["database"]["sent"] == 0 and found["database"]["reason"] == "connection refused"


def test_it_stops_when_it_is_told_to_and_nothing_stays(put_load, tmp_path):
    threading.Timer(0.5, (tmp_path / "stop").touch).start()
    began = time.monotonic()
    put_load(bench="exec sleep 77.123", visitor="exec sleep 77.123")
    assert time.monotonic() - began < 4
    assert subprocess.run(["pgrep", "-f", "sleep 77[.]123"], capture_output=True, check=False).stdout == b""


GOOD_THEN_SILENT = {
    "bench": 'for i in $(seq 2000); do echo "0 1 1500 0 1 1 10"; done > transactions.7; exec sleep 66.123',
    "visitor": 'for i in $(seq 2000); do echo "200 0.020 0"; done; exec sleep 66.123',
}


@pytest.mark.parametrize(("program", "subject"), [("bench", "database"), ("visitor", "site")])
def test_one_that_hangs_after_good_answers_is_no_success(put_load, program, subject):
    found = put_load(**{program: GOOD_THEN_SILENT[program]})[subject]
    hung = 1 if subject == "database" else 3
    assert (found["failed"], found["p95"]) == (hung, None) and "until they were ended" in found["reason"]
    step = {"clients": 3, "lag": {"standbys": {}}, subject: found}
    assert {row["check"] for row in rows({"steps": [step]}, LIMITS) if row["verdict"] != "pass"} == {"p95"}
    assert not goes_on([step], LIMITS)


def test_a_visitor_who_is_late_and_gets_answers_is_no_failure(put_load):
    found = put_load(visitor='while true; do echo "200 0.020 0"; sleep 0.5; done')["site"]
    assert found["failed"] == 0 and found["p95"] == 20
