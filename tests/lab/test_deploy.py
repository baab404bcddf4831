# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release takes another one's place and goes back while visitors ask; what is refused or killed leaves the old one serving."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.deployments import (
    DATABASE,
    DOMAIN,
    FORGET,
    KEY,
    MIGRATION,
    PRODUCTION,
    SCHEDULERS,
    deploy,
    forget_all,
    history,
    release,
    roll_back,
    state,
    step,
)
from support.helpers.edge import visits
from support.helpers.lab import ADDRESSES, INVENTORIES, playbook, wait_for
from support.helpers.listeners import GOING_AWAY, listening

URL = f"https://{DOMAIN}/page"
# Seconds that old websockets stay open.
HELD = 20
QUICK = {"deploy_watch_seconds": 4, "deploy_drain_seconds": 4, "docker_host_websocket_drain_seconds": HELD}
KILL = "find /proc/[0-9]*/fd -lname '*/releases/staging/lock' 2>/dev/null | cut -d/ -f3 | xargs kill -KILL"


@pytest.fixture(scope="module", autouse=True)
def as_before(stacks, admin_sql):
    """The lab's other tests know the stack as a converge makes it; and nobody has migrated to 1.1.0 yet."""
    admin_sql(FORGET, database=DATABASE)
    yield
    admin_sql(FORGET, database=DATABASE)
    forget_all(stacks)


def backups(db01):
    return len(json.loads(db01.check_output("plannerate-backup list staging --json"))["backups"])


def test_a_deploy_and_a_rollback_under_load_fail_no_request(stacks, visitor, admin_sql, db01):
    backed_up = backups(db01)
    production = stacks.machine.check_output(PRODUCTION)
    with visits(visitor, URL) as failures, listening(visitor, DOMAIN, KEY, sockets=5) as listeners:
        done = deploy("1.1.0", **QUICK, docker_host_backup_before_migration=True)
        assert done.returncode == 0, done.stdout
        assert "websockets: stay open for now" in done.stdout
        assert release(visitor) == "1.1.0" and MIGRATION in done.stdout
        assert backups(db01) > backed_up
        assert stacks.machine.check_output(SCHEDULERS) == "1"
        owner = "SELECT relowner::regrole FROM pg_class WHERE relname = 'notes'"
        assert admin_sql(owner, database=DATABASE) == "plannerate_staging"

        newer = roll_back(**QUICK)
        assert newer.returncode != 0 and f"the database has {MIGRATION}, which 1.0.0 does not know" in newer.stdout
        assert release(visitor) == "1.1.0"
        back = roll_back(**QUICK, rollback_newer_schema=True)
        assert back.returncode == 0, back.stdout
        assert release(visitor) == "1.0.0"
        assert stacks.machine.check_output(SCHEDULERS) == "1"
    assert failures == [] == listeners.refused
    assert listeners.missed() == {}
    for entry in history(stacks)[-3::2]:
        assert entry["result"] == "done", entry
        for closes in listeners.closings(entry["switched"], entry["ended"] + 2):
            ((code, second),) = closes
            assert code == GOING_AWAY and second > HELD - 1, (entry["kind"], closes)
    assert production == stacks.machine.check_output(PRODUCTION)


def test_a_deployment_without_its_backup_is_in_the_history(stacks, visitor, admin_sql):
    admin_sql(FORGET, database=DATABASE)
    done = deploy("1.1.0", **QUICK, docker_host_backup_before_migration=True, s3_backup_environment="nobody")
    assert done.returncode != 0 and "gate backup: db01: " in " ".join(done.stdout.split()), done.stdout
    last = history(stacks)[-1]
    assert last["result"].startswith("refused: backup: db01: ") and last["release"] == "1.1.0"
    assert release(visitor) == "1.0.0" and not step(stacks)


def test_what_was_killed_is_ended_by_the_next_run_which_is_refused(stacks, visitor):
    variables = json.dumps({"deploy_release": "1.1.0", **QUICK})
    command = ["ansible-playbook", f"--inventory={INVENTORIES / 'staging'}", "playbooks/deploy.yml", "-e", variables]
    with visits(visitor, URL) as failures:
        run = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_for(lambda: step(stacks) == "handing over", 120, "the hand-over", every=0.2)
        # What works on the machine, too: it goes on without its connection.
        stacks.machine.check_output(KILL)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(timeout=30)
        assert step(stacks) == "handing over" and release(visitor) == "1.1.0"

        done = deploy("9.9.9", **QUICK)
        assert done.returncode != 0 and "failed at gate image" in done.stdout, done.stdout
        assert "went back to 1.0.0: a run was interrupted while handing over" in " ".join(done.stdout.split())
        assert release(visitor) == "1.0.0" and stacks.machine.check_output(SCHEDULERS) == "1"
    assert failures == []
    assert not step(stacks) and state(stacks)["current"]["name"] == ""
    stacks.machine.check_output("systemctl start machine-metrics.service")
    told = stacks.machine.check_output("cat /var/lib/prometheus/node-exporter/machine_releases.prom")
    labels = 'environment="staging",kind="deploy",release="1.1.0",gate="interrupted"'
    assert f"deployment_last_rolled_back{{{labels}}} 1" in told, told


def test_the_history_is_one_table():
    done = subprocess.run(
        ["make", "releases", f"INVENTORY={INVENTORIES / 'staging'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (
        "refused: backup" in done.stdout and "refused: image" in done.stdout and "went back: interrupted" in done.stdout
    ), done.stdout


def test_a_deployment_key_deploys_its_environment_and_does_nothing_else(stacks, visitor, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    options = {"watch_seconds": 4, "drain_seconds": 4, "websocket_seconds": 2}
    keys = {"docker_host_deploy_keys": [(tmp_path / "key.pub").read_text()], "docker_host_deploy_key_options": options}
    done = playbook("docker_host", inventory="staging", variables=keys)
    assert done.returncode == 0, done.stdout
    production = stacks.machine.check_output(PRODUCTION)
    secrets = {
        "SSH_PRIVATE_KEY": (tmp_path / "key").read_text(),
        "SSH_KNOWN_HOSTS": (ROOT / ".cache/lab/known_hosts").read_text(),
    }
    command = [
        "ssh",
        "-F",
        "none",
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=yes",
        "-i",
        str(tmp_path / "key"),
    ]
    command += ["-o", f"UserKnownHostsFile={ROOT / '.cache/lab/known_hosts'}", "-o", "IdentitiesOnly=yes"]
    address = f"deploy-key-staging@{ADDRESSES['app01']}"

    def ask(text):
        return subprocess.run([*command, address, text], capture_output=True, text=True, timeout=60, check=False)

    for hostile in (
        "",
        "id",
        "deploy $(touch /tmp/here)",
        "deploy 1.1.0; touch /tmp/here",
        "deploy 1.1.0\ntouch /tmp/here",
    ):
        refused = ask(hostile)
        assert refused.returncode == 2 and "Nothing was changed" in refused.stdout, (hostile, refused)
    forward = [*command, "-W", "127.0.0.1:22", address]
    forwarded = subprocess.run(
        forward, capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False
    )
    assert forwarded.returncode and "prohibited" in forwarded.stderr, forwarded
    assert not stacks.machine.file("/tmp/here").exists
    own = stacks.machine.run("runuser -u deploy-key-staging -- sudo -n id")
    assert own.rc and "uid=0" not in own.stdout
    assert (
        stacks.machine.run(
            "runuser -u deploy-key-staging -- sudo -n /usr/local/lib/plannerate-deploy/staging/deploy x"
        ).rc
        == 1
    )

    missing = ask("deploy 9.9.9")
    assert (
        missing.returncode == 1 and "failed at gate image" in missing.stdout and "Nothing was changed" in missing.stdout
    ), missing
    with visits(visitor, URL) as failures:
        environment = {**os.environ, **secrets, "DEPLOY_TO": address, "RELEASE": "1.1.0"}
        deployed = subprocess.run(
            ["make", "deploy-by-key"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "1.1.0 serves in staging" in deployed.stdout and release(visitor) == "1.1.0" and failures == []
    last = history(stacks)[-1]
    assert last["result"] == "done" and last["who"].startswith("deploy-key-staging@"), last
    assert ask("releases").stdout.startswith("1.1.0 serves (")
    older = ask("rollback")
    assert older.returncode == 1 and f"the database has {MIGRATION}, which 1.0.0 does not know" in older.stdout, older
    assert production == stacks.machine.check_output(PRODUCTION)
    noted = stacks.machine.check_output("journalctl --identifier=plannerate-deploy --output=cat --since=-5min")
    assert "refused: Found 'id'" in noted and "done: deploy 1.1.0" in noted
