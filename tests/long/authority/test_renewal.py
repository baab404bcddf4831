# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another authority takes the place of the one that there is, while clients commit: no transaction fails, and the old one is gone."""

from __future__ import annotations

import pytest
from support.helpers.lab import DB01, PORTS, changed, playbook
from support.helpers.ledger import load
from support.helpers.restarts import began, listed, restarted

TRUSTED = "/etc/ssl/machine/ca.crt"
OLD, BOTH = "/root/lab-old.crt", "/root/lab-both.crt"
SERVICES = ("app", "reverb", "queue", "scheduler", "pgadmin")
# Those that have ca.crt, by the suffix of their environment.
STACKS = {
    suffix: {("app01", f"plannerate-{service}-{suffix}") for service in SERVICES} for suffix in ("prod", "staging")
}


def run(name, inventory="production", *arguments, **variables):
    done = playbook(name, *arguments, inventory=inventory, variables=variables or None, timeout=900)
    assert done.returncode == 0, done.stdout
    return done.stdout


def words(output):
    return " ".join(output.replace("''", "'").split())


def refused(phase):
    done = playbook("renew_authority", variables={"renew_authority": phase})
    assert done.returncode != 0 and changed(done.stdout) == 0, done.stdout
    return words(done.stdout)


def kept(db01):
    return db01.check_output("ls /root/ca").split()


def identifier(db01):
    return db01.check_output("openssl x509 -noout -ext subjectKeyIdentifier -in /root/ca/ca.crt").split()[-1]


def accepted(db01, trusted):
    """Whether somebody who trusts the authorities of a file accepts every member and PgBouncer."""
    return {
        db01.run(
            f"openssl s_client -starttls postgres -connect {DB01}:{port} -CAfile {trusted} -verify_hostname db01 -verify_return_error "
            "</dev/null"
        ).rc == 0
        for port in [*PORTS.values(), 6432]
    }  # fmt: skip


@pytest.fixture
def finished(db01):
    """Leaves one authority, and nothing of the test, wherever it ended."""
    yield
    for phase, there in (("issue", "next.crt"), ("forget", "previous.crt")):
        if there in kept(db01):
            run("docker_host", "staging")
            run("renew_authority", renew_authority=phase)
    run("docker_host", "staging")
    db01.check_output(f"rm -f {OLD} {BOTH}")


@pytest.fixture
def renew(pooler, admin_sql):
    """A function that carries out a phase under load, and gives its output. What restarts is what it lists, and no service."""

    def renew(phase, replaced):
        before = began(admin_sql)
        with load(pooler) as ledger:
            said = run("renew_authority", renew_authority=phase)
        print(f"{phase}: {ledger.transactions} transactions, {ledger.failed} failed, longest {ledger.longest_wait} s")
        assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
        assert ledger.transactions > 1000
        assert restarted(before, began(admin_sql)) == listed(said) == replaced
        return words(said)

    return renew


def assert_a_converge_keeps_it():
    assert changed(run("site", "production", "--check")) == 0
    assert changed(run("site")) == 0


@pytest.mark.usefixtures("finished")
def test_under_load_no_transaction_fails_and_the_old_one_is_gone(renew, db01, machine, admin_sql, monitoring):
    old = identifier(db01)
    db01.check_output(f"cp {TRUSTED} {OLD}")
    assert "The next phase is trust" in refused("issue")

    said = renew("trust", STACKS["prod"])
    db01.check_output(f"cp {TRUSTED} {BOTH}")
    assert "not yet: app01: the container plannerate-app-staging runs with an older ca.crt" in said
    assert "issue was not begun: app01: the container plannerate-app-staging" in refused("issue")
    assert "The next phase is issue" in refused("forget")
    before = began(admin_sql)
    said = run("docker_host", "staging")
    assert listed(said) == restarted(before, began(admin_sql)) == STACKS["staging"]
    assert_a_converge_keeps_it()
    assert accepted(db01, OLD) == accepted(db01, BOTH) == {True} and identifier(db01) == old

    said = renew("issue", set())
    assert "not yet" not in said and "next: playbooks/renew_authority.yml -e renew_authority=forget" in said
    assert "The next phase is forget" in refused("trust")
    assert_a_converge_keeps_it()
    assert accepted(db01, OLD) == {False} and accepted(db01, BOTH) == {True} and identifier(db01) != old

    said = renew("forget", STACKS["prod"])
    assert "not yet: app01: the container plannerate-app-staging" in said
    run("docker_host", "staging")
    assert "the old authority is gone" in words(run("renew_authority", renew_authority="forget"))
    assert kept(db01) == ["ca.crt", "ca.key"]
    for name in ("app01", "db01"):
        assert machine(name).check_output(f"sha256sum <{TRUSTED}") == db01.check_output("sha256sum </root/ca/ca.crt")
    assert accepted(db01, TRUSTED) == {True}
    assert_a_converge_keeps_it()
    assert changed(run("site", "staging")) == 0
    assert {target["health"] for target in monitoring.targets()} == {"up"}
