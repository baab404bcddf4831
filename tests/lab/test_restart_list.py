# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode says what a run restarts, and the run restarts just that."""

from __future__ import annotations

import pytest
from support.helpers.lab import playbook
from support.helpers.restarts import containers, listed, restarted

QUEUE = {"docker_host_services": {"queue": {"memory": "500m"}}}


def converge(*arguments, **variables):
    done = playbook("docker_host", *arguments, inventory="staging", variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def as_before():
    yield
    converge()


@pytest.mark.usefixtures("as_before")
def test_check_mode_names_the_containers_that_the_run_replaces():
    before = containers()
    said = converge("--check", docker_host_env={"A_NEW_ONE": "for this test"})
    application = {("app01", f"plannerate-{name}-staging") for name in ("app", "reverb", "queue", "scheduler")}
    assert listed(said) == application and containers() == before
    assert "its variables changed. Who notices: Visitors get errors" in said

    assert listed(converge("--check", **QUEUE)) == {("app01", "plannerate-queue-staging")}
    said = converge(**QUEUE)
    assert listed(said) == restarted(before, containers()) == {("app01", "plannerate-queue-staging")}
    assert "before it is done: app01: plannerate-queue-staging is replaced" in said
    assert converge("--check", **QUEUE).count("Nothing restarts.") == 1
