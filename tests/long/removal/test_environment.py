# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment comes and goes while the others work: no transaction and no request of theirs fails, and nothing of it is left."""

from __future__ import annotations

import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.edge import ADDRESS, visits
from support.helpers.lab import INVENTORIES, changed, over_ssh, playbook
from support.helpers.ledger import load
from support.helpers.other_inventories import copy_of_staging, environments
from support.helpers.processes import end_at_once

COPY = "plannerate_preview_before_20260131t120000z"
ALL = environments("production", "staging", "preview")
GONE = {
    "remove_environment": "preview",
    "remove_database": "plannerate_preview",
    "remove_volumes": "preview",
    "remove_backup_key": "preview",
}


def well(done):
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def preview(tmp_path):
    inventory = copy_of_staging(tmp_path, "preview")
    yield inventory
    playbook("remove_environment", variables=GONE, timeout=1200)
    playbook("site", timeout=1200)


@pytest.fixture
def left(machine, admin_sql):
    """A function that gives all that the machines have of preview, but its lock, by which a step of an ended run is refused."""

    def ask():
        places = (
            "/etc/pgbouncer /etc/monitoring /etc/prometheus /etc/plannerate-backup /etc/systemd/system /opt/plannerate "
            "/var/lib/plannerate /var/lib/plannerate-backup /var/lib/prometheus/node-exporter"
        )
        found = [
            line
            for name in ("app01", "db01")
            for line in machine(name)
            .run(f"find {places} -name '*preview*' -not -path '*/locks/*' 2>/dev/null")
            .stdout.split()
        ]
        docker = over_ssh(ADDRESS).check_output(
            "docker ps --all --format '{{.Names}}'; docker network ls --format '{{.Name}}'; docker volume ls --format '{{.Name}}'"
        )
        found += [line for line in docker.split() if "preview" in line]
        found += admin_sql("SELECT datname FROM pg_database WHERE datname ~ 'preview'").split()
        found += admin_sql("SELECT rolname FROM pg_roles WHERE rolname ~ 'preview'").split()
        return found

    return ask


def test_it_comes_and_goes_and_nobody_else_notices(preview, pooler, visitor, stacks, monitoring, left, db01, admin_sql):
    monitoring.wait_until_quiet()
    traefik = stacks.containers()["plannerate-traefik"]
    with load(pooler, pause=0.01) as ledger, visits(visitor, "https://app.test/up") as failures:
        well(playbook("site", variables=ALL, timeout=1200))
        well(playbook("site", inventory=preview, variables=ALL, timeout=1200))
        assert "plannerate-app-preview" in over_ssh(ADDRESS).check_output("docker ps --format '{{.Names}}'")
        well(playbook("remove_environment", variables={"remove_environment": "preview"}, timeout=1200))
        backups = db01.check_output("plannerate-backup list preview")
        assert "plannerate_preview" in backups and "good" in backups
        assert admin_sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'plannerate_preview'") == "f"
        listed = " ".join(well(playbook("leftovers")).split())
        assert "-e remove_database=plannerate_preview" in listed and "-e remove_volumes=preview" in listed
        again = playbook("remove_environment", variables={"remove_environment": "preview"}, timeout=1200)
        assert changed(well(again)) == 0, again.stdout
        # As a restore over its name would have left it.
        admin_sql(f"CREATE DATABASE {COPY} OWNER plannerate_preview")
        well(playbook("remove_environment", variables=GONE, timeout=1200))
        assert admin_sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'plannerate_preview'") == "f"
        assert f'DROP DATABASE "{COPY}"' in " ".join(well(playbook("leftovers")).split()).replace('\\"', '"')
        admin_sql(f"DROP DATABASE {COPY}")
        well(playbook("remove_environment", variables=GONE, timeout=1200))
        assert changed(well(playbook("remove_environment", variables=GONE, timeout=1200))) == 0
        well(playbook("site", timeout=1200))
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert failures == []
    assert stacks.containers()["plannerate-traefik"] == traefik
    assert left() == []
    assert changed(well(playbook("site", timeout=1200))) == 0
    assert "remove_" not in well(playbook("leftovers"))
    monitoring.wait_until_quiet()


def killed_after(seconds):
    """A removal that is killed with all that it began; whether it was still running."""
    options = [f"--extra-vars={name}={value}" for name, value in GONE.items()]
    process = subprocess.Popen(
        ["ansible-playbook", f"--inventory={INVENTORIES / 'production'}", "playbooks/remove_environment.yml", *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        end_at_once(process)
        return True
    return False


def test_a_removal_that_was_killed_is_finished_by_the_next(preview, left):
    well(playbook("site", variables=ALL, timeout=1200))
    well(playbook("site", inventory=preview, variables=ALL, timeout=1200))
    killed = [killed_after(seconds) for seconds in (12, 18, 24, 30, 36)]
    assert any(killed), "none was killed: this machine is faster than the test"
    well(playbook("remove_environment", variables=GONE, timeout=1200))
    well(playbook("site", timeout=1200))
    assert left() == []
