# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the converge workflow's steps run, run here: over SSH, with secrets handed over as GitHub does, by both inventories."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import ADDRESSES, INVENTORIES, playbook, wait_for

LAB = ROOT / ".cache" / "lab"
VAULT_PASSWORD = "open-sesame-9f2c"
# What stands in the Vault of staging's inventory.
APP_KEY = "base64:YW5vdGhlciBrZXkgb2YgMzIgYnl0ZXMsIGZvciBzdXJl"
# All of the machine and of production that staging's inventory could touch.
FILES = {
    "db01": "sha256sum /etc/pgbouncer/pgbouncer.ini /etc/pgbouncer/pgbouncer_hba.conf /etc/pgbouncer/userlist.txt "
    "/etc/pgbouncer/environments/production.ini /etc/systemd/system/pgbouncer.service.d/* /etc/haproxy/haproxy.cfg "
    "/root/.plannerate-credentials "
    "/etc/postgresql/15/*/conf.d/* /etc/postgresql/15/*/pg_hba.conf",
    "app01": "find /opt/plannerate/production /opt/plannerate/traefik /etc/docker /etc/ufw -type f -not -path '*/storage/*' "
    "-not -path '*/acme/*' -not -name staging.yml -exec sha256sum {} + | sort -k2",
}


def secrets(**other):
    return {
        "SSH_PRIVATE_KEY": (LAB / "id_ed25519").read_text().strip(),
        "SSH_KNOWN_HOSTS": (LAB / "known_hosts").read_text().strip(),
        "VAULT_PASSWORD": VAULT_PASSWORD,
        **other,
    }


class Workflow:
    """The steps of .github/workflows/converge.yml, on a copy of the lab's inventories that knows no way in of its own."""

    def __init__(self, directory, generated):
        self.directory = directory
        self.inventories = directory / "inventory"
        self.generated = generated
        shutil.copytree(INVENTORIES, self.inventories, symlinks=True)
        shared = self.inventories / "shared" / "group_vars"
        way_in = yaml.safe_load((shared / "lab.yml").read_text())
        del way_in["ansible_ssh_common_args"]
        (shared / "lab.yml").write_text(yaml.safe_dump(way_in))
        # The change of a pull request: of the machine, and of each environment.
        machines = shared / "machines.yml"
        text = machines.read_text().replace("pool_size: 25", "pool_size: 22").replace("pool_size: 20", "pool_size: 19")
        machines.write_text(text + "pgbouncer_settings: {query_wait_timeout: 31}\n")
        vault = self.inventories / "staging" / "group_vars" / "all" / "vault.yml"
        vault.write_text(yaml.safe_dump({"docker_host_secrets": {"APP_KEY": APP_KEY}}))
        password = directory / "vault-password"
        password.write_text(VAULT_PASSWORD)
        command = ["ansible-vault", "encrypt", "--vault-password-file", str(password), str(vault)]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)

    def converge(self, inventory, *arguments, **other):
        """(exit code, output, summary) of the step; no secret stands in anything that is left behind."""
        output = self.directory / "github-output"
        output.write_text("")
        command = ["make", "converge", f"INVENTORY={self.inventories / inventory}", *arguments]
        env = {**os.environ, **secrets(**other), "GITHUB_OUTPUT": str(output)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
        said = done.stdout + done.stderr
        summary = output.read_text()
        kept = [path.read_text() for path in (ROOT / ".cache" / "converge").glob(f"{inventory}.*")]
        key = secrets()["SSH_PRIVATE_KEY"].splitlines()[1:-1]
        for secret in [VAULT_PASSWORD, APP_KEY, *key, *self.generated]:
            assert secret not in "".join([said, summary, *kept])
        return done.returncode, said, summary


@pytest.fixture(scope="module")
def workflow(tmp_path_factory, db01):
    lines = db01.file("/root/.plannerate-credentials").content_string.splitlines()
    generated = [line.split("=", 1)[1] for line in lines if "=" in line and not line.startswith("#")]
    assert generated
    return Workflow(tmp_path_factory.mktemp("workflow"), generated)


@pytest.fixture
def files(machine):
    return lambda: {name: machine(name).check_output(command) for name, command in FILES.items()}


def pool(pooler, environment):
    return pooler.pool(f"plannerate_{environment}")["max_connections"]


def timeout(pooler):
    return {row["key"]: row["value"] for row in pooler.console("CONFIG")}["query_wait_timeout"]


def test_a_pull_request_is_told_what_would_change_and_nothing_does(workflow, files, machine):
    environment = machine("app01").file("/opt/plannerate/staging/.env").sha256sum
    before = files()
    code, said, summary = workflow.converge("staging", "CHECK=1", "PLAYBOOK=docker_host")
    assert code == 0, said
    assert summary.splitlines()[1].startswith("### Check of `staging`: ")
    assert "What would change" in summary and "changed: [app01]" in summary
    assert (files(), machine("app01").file("/opt/plannerate/staging/.env").sha256sum) == (before, environment)


def test_staging_reports_a_change_of_the_machine_and_production_applies_it(workflow, files, pooler):
    before = files()
    try:
        code, said, summary = workflow.converge("staging", "PLAYBOOK=pgbouncer")
        assert code == 0, said
        assert "+query_wait_timeout = 31" in summary, "reported"
        assert files() == before, "nothing of the machine or of production was changed"
        assert (pool(pooler, "staging"), pool(pooler, "production"), timeout(pooler)) == ("19", "25", "30")

        code, said, summary = workflow.converge("production", "PLAYBOOK=pgbouncer")
        assert code == 0, said
        assert "+query_wait_timeout = 31" in summary, "applied"
        assert (pool(pooler, "staging"), pool(pooler, "production"), timeout(pooler)) == ("19", "22", "31")
    finally:
        for inventory in ("production", "staging"):
            done = playbook("pgbouncer", inventory=inventory)
            assert done.returncode == 0, done.stdout
    assert files() == before, "put back"


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (lambda lines: [swapped(line, lines) for line in lines], "app01: its key is not the one of SSH_KNOWN_HOSTS."),
        (
            lambda lines: [line for line in lines if "198.18.0.11 " not in line],
            "app01: SSH_KNOWN_HOSTS has no key for it.",
        ),
    ],
    ids=["wrong", "missing"],
)
def test_a_host_key_that_is_not_pinned_stops_the_run_before_anything_else(workflow, files, known, told):
    before = files()
    lines = secrets()["SSH_KNOWN_HOSTS"].splitlines()
    code, said, _summary = workflow.converge(
        "production", "PLAYBOOK=pgbouncer", SSH_KNOWN_HOSTS="\n".join(known(lines))
    )
    assert code != 0
    assert told in said and "nothing was changed" in said and "update SSH_KNOWN_HOSTS" in said
    assert "PLAY [" not in said
    assert files() == before


def swapped(line, lines):
    """A line of app01 with the key of db01."""
    if not line.startswith(ADDRESSES["app01"]):
        return line
    other = next(line for line in lines if line.startswith(ADDRESSES["db01"]))
    return " ".join([ADDRESSES["app01"], *other.split()[1:]])


def test_a_wrong_vault_password_ends_the_run_and_is_not_printed(workflow):
    wrong = "something-else-4711"
    code, said, _summary = workflow.converge("staging", "CHECK=1", "PLAYBOOK=pgbouncer", VAULT_PASSWORD=wrong)
    assert code != 0
    assert "ecrypt" in said and wrong not in said


def test_a_run_that_is_ended_from_outside_leaves_no_secret_behind(workflow):
    with tempfile.TemporaryDirectory(prefix="t-") as directory:
        env = {**os.environ, **secrets(), "TMPDIR": directory}
        inventory = str(workflow.inventories / "staging")
        command = ["python", "scripts/converge.py", "--check", "-i", inventory, "status"]
        run = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: list(Path(directory).glob("converge-*/cp/*")), what="an open connection")
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) == 128 + signal.SIGTERM
        assert not list(Path(directory).glob("converge-*"))
    # A connection that was told to end answers first and ends then; left alone it would stay for a minute.
    running = ["pgrep", "--full", directory]
    wait_for(
        lambda: subprocess.run(running, capture_output=True, check=False).returncode == 1, 15, "closed connections"
    )


def smoke(inventory, **other):
    env = {
        **os.environ,
        "SMOKE_RESOLVE": ADDRESSES["app01"],
        "SMOKE_CA_FILE": str(LAB / "acme-ca.crt"),
        **other,
    }
    command = ["make", "smoke", f"INVENTORY={INVENTORIES / inventory}"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("inventory", ["production", "staging"])
def test_smoke_finds_both_environments_as_they_should_be(inventory):
    code, said = smoke(inventory)
    assert code == 0, said
    assert "4 of 4 checks passed" in said


def test_smoke_fails_over_a_certificate_that_it_cannot_verify():
    code, said = smoke("production", SMOKE_CA_FILE="", SMOKE_SECONDS="0")
    assert code != 0
    assert "CERTIFICATE_VERIFY_FAILED" in said and "1 of 4 checks passed" in said


def test_smoke_fails_while_the_application_is_down(stacks):
    stacks.machine.check_output("docker stop plannerate-app-staging")
    try:
        code, said = smoke("staging", SMOKE_SECONDS="1")
        assert code != 0
        assert "FAIL https://dev.test/up" in said and "FAIL https://smoke.dev.test/up" in said
        assert smoke("production")[0] == 0
    finally:
        stacks.machine.check_output("docker start plannerate-app-staging")
        stacks.wait_until_healthy()
