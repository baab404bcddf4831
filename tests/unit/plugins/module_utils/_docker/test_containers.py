# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container is said to be made anew exactly when something of which it was made changes, and why."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.containers import definitions, plan

SERVICES = {
    "redis": {"image": "redis:8", "environment": {"REDIS_PASSWORD": "${REDIS_PASSWORD}"}, "command": ["echo $$HOME"]},
    "app": {"image": "shop:1", "env_file": ".env", "mem_limit": "1g"},
    "pgadmin": {"image": "pgadmin:9"},
}
VARIABLES = {"REDIS_PASSWORD": "old", "DB_PASSWORD": "old", "HOME": "/root"}
NAMES = {service: f"shop-{service}-prod" for service in SERVICES}
KEY = "a secret"
DEFINITIONS = definitions(SERVICES, VARIABLES, KEY)
RUNNING = "running project=shop-production oneoff=False definition={} status=Up 5 minutes (healthy)"


def listed(made_of, **others):
    """Lines of the probe: a running container for each service, unless something else is said of it."""
    return [f"{NAMES[name]} " + (others.get(name) or RUNNING.format(made_of[name])) for name in made_of]


def planned(lines, names=NAMES, made_of=DEFINITIONS, **forced):
    wanted = {"project": "shop-production", "names": names, "definitions": made_of, "forced": forced}
    return plan(lines, wanted)


def reasons(found):
    return {row["name"].split("-")[1]: row["why"] for row in found["rows"]}


def test_what_has_not_changed_stays():
    found = planned(listed(DEFINITIONS))
    assert found.pop("others") and found == {"rows": [], "replaced": [], "removed": [], "healthy": ["shop-app-prod"]}


@pytest.mark.parametrize(
    ("services", "variables", "expected"),
    [
        # A password change: whoever has the variable.
        ({}, {"DB_PASSWORD": "new"}, {"app": "its variables changed"}),
        ({}, {"REDIS_PASSWORD": "new"}, {"redis": "its variables changed", "app": "its variables changed"}),
        ({}, {"ADDED": "1"}, {"app": "its variables changed"}),
        # The shell's variable, not Compose's.
        ({}, {"HOME": "/home"}, {"app": "its variables changed"}),
        ({"app": {"image": "shop:2"}}, {}, {"app": "its image changed"}),
        ({"app": {"mem_limit": "2g"}}, {}, {"app": "its definition changed"}),
        ({"pgadmin": {"image": "pgadmin:10"}}, {"DB_PASSWORD": "n"}, {"app": "its variables changed", "pgadmin": "its image changed"}),
        ({"app": {"image": "shop:2", "mem_limit": "2g"}}, {}, {"app": "its image and its definition changed"}),
    ],
)  # fmt: skip
def test_what_changed_is_replaced_and_said(services, variables, expected):
    now = definitions(
        {name: {**service, **services.get(name, {})} for name, service in SERVICES.items()},
        {**VARIABLES, **variables},
        KEY,
    )
    found = planned(listed(DEFINITIONS), made_of=now)
    assert reasons(found) == expected
    assert found["replaced"] == [name for name in NAMES if name in expected]


def test_the_label_itself_and_the_order_of_things_do_not_count():
    labelled = {
        name: {**dict(reversed(service.items())), "labels": {"infra.definition": "x"}}
        for name, service in SERVICES.items()
    }
    assert definitions(labelled, dict(reversed(VARIABLES.items())), KEY) == DEFINITIONS
    assert "labels" in labelled["app"], "the input stays as it was"


def test_no_secret_is_in_a_label():
    """Nor can one who guesses it see that it fits."""
    assert "old" not in "".join(DEFINITIONS.values())
    guessed = definitions(SERVICES, VARIABLES, "another")
    assert not set("-".join(DEFINITIONS.values()).split("-")) & set("-".join(guessed.values()).split("-"))


def test_one_from_before_there_were_labels_is_replaced():
    found = planned(listed(dict.fromkeys(DEFINITIONS, "")))
    assert set(reasons(found).values()) == {"it was made by another version of this collection"}


@pytest.mark.parametrize(
    ("state", "action"),
    [("exited project=shop-production oneoff= definition={} status=Exited (0) 2 hours ago", "starts"), (None, "is created")],
)  # fmt: skip
def test_one_that_does_not_run_interrupts_nobody(state, action):
    lines = listed(DEFINITIONS, app=state and state.format(DEFINITIONS["app"]))
    found = planned([line for line in lines if state or "app" not in line])
    assert [(row["name"], row["action"]) for row in found["rows"]] == [("shop-app-prod", action)]
    assert found["replaced"] == []


def test_one_that_the_inventory_no_longer_has_is_removed_and_others_are_left_alone():
    more = [
        "shop-app-2-prod " + RUNNING.format("x"),
        "shop-app-staging " + RUNNING.format("x").replace("production", "staging"),
        "shop-migrate " + RUNNING.format("x").replace("oneoff=False", "oneoff=True"),
        "somebodys running project= oneoff= definition= status=Up 2 days",
    ]
    found = planned(listed(DEFINITIONS) + more)
    assert found["removed"] == ["shop-app-2-prod"]
    assert [(row["name"], row["action"]) for row in found["rows"]] == [("shop-app-2-prod", "is removed")]


# By the names and states of the application containers, "old" where its definition changed: what is seen to, and who serves meanwhile.
APPS = {
    "both": ({"app": "old healthy", "app-2": "old healthy"}, {"app": ["app-2"], "app-2": ["app"]}),
    "the other one is as it should be": ({"app": "old healthy", "app-2": "new healthy"}, {"app": ["app-2"]}),
    # Had it stayed unhealthy, the run would end before the last healthy one is touched.
    "a broken image, again": ({"app": "new unhealthy", "app-2": "old healthy"}, {"app": ["app-2"], "app-2": ["app"]}),
    "and the other way round": ({"app": "old healthy", "app-2": "new unhealthy"}, {"app-2": ["app"], "app": ["app-2"]}),
    "the image put right": ({"app": "old unhealthy", "app-2": "old healthy"}, {"app": ["app-2"], "app-2": ["app"]}),
    "from one to two": ({"app": "old healthy", "app-2": "missing"}, {"app-2": ["app"], "app": ["app-2"]}),
    "the only one": ({"app": "old healthy"}, {"app": []}),
    "nothing to replace": ({"app": "new unhealthy", "app-2": "missing"}, {}),
}


@pytest.mark.parametrize("case", APPS)
def test_the_last_healthy_application_container_goes_after_another_one_is(case):
    states, expected = APPS[case]
    services = {**SERVICES, **dict.fromkeys(states, SERVICES["app"])}
    names = {service: f"shop-{service}-prod" for service in services}
    made_of = definitions(services, VARIABLES, KEY)
    lines = listed({**DEFINITIONS, "app": ""})
    lines = [line for line in lines if "shop-app-" not in line]
    for service, state in states.items():
        if state != "missing":
            age, health = state.split()
            running = RUNNING.format(made_of[service] if age == "new" else "a-b-c").replace("(healthy)", f"({health})")
            lines.append(f"{names[service]} {running}")
    found = planned(lines, names, made_of)
    assert found["replaced"] == list(expected)
    for service, others in expected.items():
        assert found["others"][service] == [names[other] for other in others], service
    kinds = {row["name"]: row["kind"] for row in found["rows"]}
    assert {kinds[names[service]] for service in expected if names[service] in kinds} <= (
        {"app"} if len(states) == 1 else {"app_beside_another"}
    )


def test_one_that_does_not_run_and_changed_is_made_anew_and_what_is_missing_comes_in_its_place():
    lines = listed(
        {**DEFINITIONS, "redis": "x"}, app="exited project=shop-production oneoff= definition=a-b-c status=Exited"
    )[1:]
    assert planned(lines)["replaced"] == ["redis", "app"]


def test_a_file_that_compose_does_not_know_of_replaces_it_too():
    found = planned(listed(DEFINITIONS), app="traefik.yml changed")
    assert reasons(found) == {"app": "traefik.yml changed"} and found["replaced"] == ["app"]
