# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are in no output, in no process list, and in no file that others may read."""

from __future__ import annotations

import subprocess

from support.helpers.lab import playbook

NAMES = (
    "PRODUCTION_REDIS_PASSWORD",
    "PRODUCTION_PGADMIN_PASSWORD",
    "PRODUCTION_REVERB_APP_SECRET",
    "PRODUCTION_APP_KEY",
)
GIVEN = ("lab-registry-password", "bGFiLW9ubHkta2V5LWZvci1yZmMyMTM2LXVwZGF0ZXM=")


def test_secrets_stay_secret(stacks, secret):
    secrets = [*map(secret, NAMES), secret("POSTGRES_PLANNERATE_PROD_PASSWORD"), *GIVEN]
    # A changed file is where a secret would be shown.
    stacks.machine.check_output(
        "rm /opt/plannerate/production/.env /opt/plannerate/traefik/.env /root/.docker/config.json"
    )
    done = playbook("docker_host", "-vvv", "--diff")
    assert done.returncode == 0, done.stdout
    processes = stacks.machine.check_output("ps -ewwo args")
    for value in secrets:
        assert value not in done.stdout
        assert value not in processes

    found = search("grep -rlFf /dev/stdin /opt/plannerate /etc /root/.docker", secrets)
    assert "/opt/plannerate/production/.env" in found
    for path in found:
        assert stacks.machine.file(path).mode & 0o077 == 0, path
    assert search("grep -Ff /dev/stdin <(journalctl --output=cat _COMM=dockerd)", secrets) == []


def search(command, secrets):
    """What grep finds; the secrets come on standard input, since sudo writes each command into the journal."""
    arguments = ["docker", "exec", "--interactive", "plannerate-lab-app01", "bash", "-c", command]
    done = subprocess.run(arguments, input="\n".join(secrets), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.split()
