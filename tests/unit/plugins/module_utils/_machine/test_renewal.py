# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phase begins only where the one before has arrived everywhere, whatever has not is named, and one that was interrupted goes on."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.renewal import renewal

OLD, NEW, STRANGE = "01:01", "02:02", "03:03"
SETTLED = {"ca": OLD}
TRUSTED = {"ca": OLD, "next": NEW}
SWITCHING = {"ca": OLD, "next": NEW, "previous": OLD}
ISSUED = {"ca": NEW, "previous": OLD}
RENEWED = {"ca": NEW}


def machine(kept, **changes):
    """One where that state has arrived."""
    return {
        "trusted": [OLD] if kept == SETTLED else [NEW] if kept == RENEWED else [NEW, OLD],
        "certificates": {"machine": kept["ca"]},
        "served": {"pg-main": kept["ca"], "PgBouncer": kept["ca"]},
        "authorities": {},
        "containers": [],
        "stale": [],
        "unknown": [],
        **changes,
    }


def asked(phase, kept, machines=None, **request):
    found = {"app01": machine(kept, served={}), "db01": machine(kept, authorities=kept), **(machines or {})}
    said = {
        "phase": phase,
        "owned": True,
        "limited": False,
        "machines": ["app01", "db01"],
        "authority": "db01",
        **request,
    }
    return renewal(said, {name: one for name, one in found.items() if one})


@pytest.mark.parametrize(
    ("phase", "kept", "first"),
    [
        ("trust", SETTLED, "first: another authority is made on db01"),
        ("issue", TRUSTED, "first: the new authority on db01 signs"),
        ("forget", ISSUED, "first: the old authority's key and certificate are removed on db01"),
    ],
)
def test_each_phase_begins_after_the_one_before(phase, kept, first):
    plan = asked(phase, kept)
    assert plan["problems"] == [] and plan["lines"][1].startswith(first)
    assert "reload, and keep their connections: PostgreSQL and PgBouncer" in plan["lines"]


@pytest.mark.parametrize(
    ("phase", "kept", "next_one"),
    [
        ("issue", SETTLED, "trust"),
        ("forget", TRUSTED, "issue"),
        ("trust", SWITCHING, "issue"),
        ("forget", SWITCHING, "issue"),
        ("trust", ISSUED, "forget"),
    ],
)
def test_no_phase_is_left_out(phase, kept, next_one):
    plan = asked(phase, kept)
    (problem,) = plan["problems"]
    assert problem.startswith(f"{phase} was not begun: found ")
    assert problem.endswith(f"playbooks/renew_authority.yml -e renew_authority={next_one}") and plan["lines"] == []


NOT_ARRIVED = {
    "an older trust file": (
        {"trusted": [OLD]},
        "app01: its ca.crt has ca.crt, expected next.crt and ca.crt: converge it",
    ),
    "a strange one": ({"trusted": [NEW, OLD, STRANGE]}, f"another one ({STRANGE})"),
    "a container": (
        {"containers": ["shop-app-staging"]},
        "app01: the container shop-app-staging runs with an older ca.crt: run playbooks/docker_host.yml",
    ),
    "a service": ({"stale": ["PgBouncer"]}, "app01: PgBouncer did not load its certificates yet"),
    "whatever runs": ({"unknown": ["Docker"]}, "app01: Docker did not answer, expected which containers run with an"),
    "a certificate": ({"certificates": {"machine": STRANGE}}, "app01: machine.crt is of another one"),
    "a client's": ({"certificates": {"machine": OLD, "client": STRANGE}}, "app01: client.crt is of another one"),
    "none": ({"certificates": {}}, "app01: machine.crt is not there"),
    "a server": ({"served": {"pg-main": STRANGE}}, "app01: pg-main shows a certificate of another one"),
    "one that is down": ({"served": {"pg-main": None}}, "app01: pg-main shows no certificate"),
}


@pytest.mark.parametrize("name", NOT_ARRIVED)
def test_the_new_one_does_not_sign_before_all_trust_it(name):
    changes, told = NOT_ARRIVED[name]
    plan = asked("issue", TRUSTED, {"app01": machine(TRUSTED, **{"served": {}, **changes})})
    (problem,) = plan["problems"]
    assert problem.startswith("issue was not begun: ") and told in problem


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"certificates": {"machine": OLD}},
            "app01: machine.crt is of previous.crt, expected of the authority that signs",
        ),
        ({"served": {"PgBouncer": OLD}}, "app01: PgBouncer shows a certificate of previous.crt"),
        ({"containers": ["shop-queue-prod"]}, "app01: the container shop-queue-prod"),
        ({"unknown": ["Docker"]}, "app01: Docker did not answer"),
    ],
)
def test_the_old_one_is_not_forgotten_while_somebody_needs_it(changes, told):
    plan = asked("forget", ISSUED, {"app01": machine(ISSUED, **{"served": {}, **changes})})
    (problem,) = plan["problems"]
    assert problem.startswith("forget was not begun: ") and told in problem


@pytest.mark.parametrize(("phase", "kept"), [("trust", SETTLED), ("issue", TRUSTED), ("forget", ISSUED)])
@pytest.mark.parametrize("silent", ["app01", "db01"])
def test_a_machine_that_does_not_answer_is_named(phase, kept, silent):
    plan = asked(phase, kept, {silent: None})
    assert plan["problems"] == [
        f"the authority was not renewed: {silent} did not answer, or failed above; expected every machine. Bring back what is down, "
        "or take what is gone for good out of the inventory (docs/changes.md)"
    ]


@pytest.mark.parametrize(
    ("phase", "kept", "behind"),
    [
        ("trust", TRUSTED, SETTLED),
        ("issue", SWITCHING, SETTLED),
        ("issue", ISSUED, TRUSTED),
        ("forget", RENEWED, ISSUED),
    ],
)
def test_one_that_was_interrupted_goes_on(phase, kept, behind):
    plan = asked(phase, kept, {"app01": machine(behind)})
    assert plan["problems"] == [] and plan["lines"] and plan["missing"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"owned": False}, "machine_owned is false here"),
        ({"limited": True}, "found --limit, expected none"),
    ],
)
def test_it_takes_the_owner_and_every_machine(request_, told):
    (problem,) = asked("trust", SETTLED, **request_)["problems"]
    assert told in problem


@pytest.mark.parametrize("word", ["", "yes", "Forget"])
def test_it_takes_a_word_for_each_phase(word):
    (problem,) = asked(word, SETTLED)["problems"]
    assert problem.startswith(f"renew_authority is {word!r}, expected trust, issue or forget")


def test_without_an_authority_there_is_nothing_to_renew():
    (problem,) = asked("trust", SETTLED, {"db01": machine(SETTLED)})["problems"]
    assert problem.startswith("db01 has no authority that could be renewed")


def test_a_phase_ends_with_what_is_missing_and_what_comes_next():
    behind = {"app01": machine(TRUSTED, served={}, containers=["shop-app-staging"])}
    after = asked("trust", TRUSTED, behind)["after"]
    assert after[1].startswith("not yet: app01: the container shop-app-staging")
    assert (
        "both certificates" in after[2] and after[-1] == "next: playbooks/renew_authority.yml -e renew_authority=issue"
    )
    assert asked("issue", ISSUED)["after"][-1] == "next: playbooks/renew_authority.yml -e renew_authority=forget"
    assert asked("forget", RENEWED)["after"][-1] == "the old authority is gone"
    assert "is gone" not in " ".join(asked("forget", RENEWED, behind)["after"])


def test_what_nobody_could_ask_is_not_said_to_be_done():
    after = asked("trust", TRUSTED, {"db01": None})["after"]
    assert after == ["unknown: db01 did not answer. Bring it back, then run this phase again"]


@pytest.mark.parametrize("kept", [SETTLED, TRUSTED, SWITCHING, ISSUED, RENEWED])
def test_nothing_is_missing_where_a_state_has_arrived(kept):
    """Also in the middle, when two files have the old one's certificate."""
    assert asked("", kept)["missing"] == []
