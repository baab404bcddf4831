# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of a deployment key: it takes the environment's lock, does what a deployment does, and says where it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from support.helpers.releases import colour

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import by_key, template
from ansible_collections.plannerate.infra.plugins.module_utils._deploy import run as runs
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Files, empty
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock

TARGET = {"name": "r7", "release": "1.4.2", "image": "shop@sha256:77", "known": None, "apps": []}
KEPT = {**TARGET, "name": "r6", "release": "1.4.1", "apps": ["app-r6"]}
SERVES = "1.4.2 serves in staging"
ANA = {
    "user": "ana",
    "host": "laptop",
    "controller": "",
    "process": 7,
    "began": 1.0,
    "command": "c",
    "reason": "site.yml",
}


class Machine:
    """Where the command runs, without containers. ``asked``: each call of what a deployment does. ``lines``: what was said."""

    def __init__(self, directory, monkeypatch, capsys):
        self.directory, self.capsys, self.asked, self.noted = directory, capsys, [], []
        self.answers = {"prepared": {"target": TARGET}, "planned": {"migrations": []}, "deployed": {"done": True}}
        self.environment = {"SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22", "SUDO_USER": "deploy-key-staging"}
        self.settings = {
            "environment": "staging", "site": {"repository": "shop", "pooler_port": "6432"}, "backup": False,
            "options": {"deploy": {"watch_seconds": "5"}, "rollback": {"health_times": 2}},
            "template": {
                "colour": {**colour(0), "name": template.NAME, "file": f"{directory}/{template.NAME}.yml"},
                "compose": f"image: {template.IMAGE}\n", "services": {}, "labels": {}, "key": "k", "application": "staging-app",
                "routes": {"http": {"services": {"staging-app": {"loadBalancer": {"servers": []}}}}},
            },
        }  # fmt: skip
        monkeypatch.setattr(lock, "DIRECTORY", str(directory / "locks"))
        monkeypatch.setattr(by_key, "Files", lambda environment: Files(environment, str(directory / "releases")))
        monkeypatch.setattr(by_key, "outcome", self.outcome)
        monkeypatch.setattr(by_key.syslog, "syslog", lambda _level, text: self.noted.append(text))
        # It ends with the test what it does to its own process.
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(by_key.signal, "signal", lambda *_: None)

    def outcome(self, params, tell, unrecorded):
        assert unrecorded == ("release", "image")
        held = lock.read("stack-staging")
        self.asked.append({**params, "held": held and held["state"] == "held"})
        if "refusal" in params:
            return {"failed": True, "msg": "gate {gate}: {reason}".format(**params["refusal"])}
        tell({"phase": params["state"], "seconds": 0.5, "said": ""})
        return self.answers[params["state"]]

    def run(self, text):
        path = self.directory / "deploy.json"
        path.write_text(json.dumps(self.settings))
        with self.monkeypatch.context() as only:
            only.setattr(os, "environ", {**self.environment, "SSH_ORIGINAL_COMMAND": text})
            code = by_key.main(str(path))
        return code, self.capsys.readouterr().out


@pytest.fixture
def machine(tmp_path, monkeypatch, capsys):
    return Machine(tmp_path, monkeypatch, capsys)


def states(machine):
    return [call["state"] for call in machine.asked]


def test_a_release_is_put_into_place_with_the_lock_which_is_given_back(machine):
    code, said = machine.run("deploy 1.4.2")
    assert (code, said.splitlines()) == (by_key.DONE, ["   0.5 s  prepared", "   0.5 s  deployed", SERVES])
    assert states(machine) == ["prepared", "deployed"] and all(call["held"] for call in machine.asked)
    request = machine.asked[0]["request"]
    assert (request["kind"], request["release"], request["watch_seconds"], request["drain_seconds"]) == (
        "deploy",
        "1.4.2",
        5,
        30,
    )
    assert machine.asked[1]["colour"]["name"] == "r7"
    assert (machine.directory / "r7.yml").read_text() == "image: shop@sha256:77\n"
    assert lock.read("stack-staging")["state"] == "released"
    assert lock.read("stack-staging")["holder"]["reason"] == "deploy 1.4.2 by a deployment key"


def test_what_is_asked_of_the_module_is_all_that_it_needs(machine):
    machine.run("rollback")
    request, site = machine.asked[0]["request"], machine.asked[0]["site"]
    assert set(request) == set(runs.REQUEST) and request["newer_schema"] is False
    assert set(site) == set(runs.SITE) and (site["pooler_port"], site["clients_allowed"]) == (6432, 0)


def test_what_is_kept_keeps_its_file_and_its_containers(machine):
    machine.answers["prepared"] = {"target": KEPT}
    assert machine.run("rollback")[0] == by_key.DONE
    assert not (machine.directory / "r6.yml").exists()
    servers = machine.asked[1]["routes"]["http"]["services"]["staging-app"]["loadBalancer"]["servers"]
    assert servers == [{"url": "http://app-r6:80"}]


@pytest.mark.parametrize("state", ["prepared", "deployed"])
def test_a_gate_that_fails_is_told_and_the_lock_is_given_back(machine, state):
    machine.answers[state] = {"failed": True, "msg": "gate health: app is not healthy. 1.4.1 serves as before"}
    code, said = machine.run("deploy 1.4.2")
    assert code == by_key.FAILED and SERVES not in said
    assert (
        said.splitlines()[-1]
        == "The deploy in staging failed at gate health: app is not healthy. 1.4.1 serves as before"
    )
    assert lock.read("stack-staging")["state"] == "released"
    assert (
        machine.noted[-1].startswith("staging: deploy-key-staging@192.0.2.7:")
        and "failed: deploy 1.4.2" in machine.noted[-1]
    )


def test_what_an_image_says_does_nothing_to_whoever_reads_it(machine):
    machine.answers["deployed"] = {"failed": True, "msg": "gate migrate: \x1b[2J\n::add-mask::x"}
    code, said = machine.run("deploy 1.4.2")
    assert code == by_key.FAILED and said.endswith("gate migrate: ?[2J\n: :add-mask::x\n")
    assert machine.noted[-1].isprintable()


def test_a_second_run_is_told_who_has_the_lock(machine):
    lock.take("stack-staging", ANA, 600, time.time())
    code, said = machine.run("deploy 1.4.2")
    assert code == by_key.FAILED and states(machine) == []
    assert "ana@laptop:7 has the lock stack-staging" in said and "Nothing was changed" in said
    assert lock.read("stack-staging")["holder"] == ANA


def test_the_lock_of_a_run_by_key_that_was_killed_is_free(machine):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = {**by_key.holder(machine.environment, "deploy 1"), "process": gone.pid, "began": 1.0, "command": "by key 0"}
    lock.take("stack-staging", dead, 600, time.time())
    assert machine.run("deploy 1.4.2")[0] == by_key.DONE


@pytest.mark.parametrize(("changed", "code"), [({}, 0), ({"command": "c"}, 1), ({"controller": ""}, 1)])
def test_a_run_by_key_ended_with_the_machine_and_nobody_elses_is_known_to_have(machine, changed, code):
    before = {**by_key.holder(machine.environment, "deploy 1"), "controller": "another-boot pid:[1]", **changed}
    lock.take("stack-staging", before, 600, time.time())
    assert machine.run("deploy 1.4.2")[0] == code


def test_a_lock_that_was_broken_meanwhile_ends_it_before_the_switch(machine, monkeypatch):
    def broken(params, **more):
        lock.give_up("stack-staging", lock.read("stack-staging")["holder"], "broken")
        return machine.outcome(params, **more)

    monkeypatch.setattr(by_key, "outcome", broken)
    code, said = machine.run("deploy 1.4.2")
    assert code == by_key.FAILED and states(machine) == ["prepared"] and "an operator broke it" in said


def test_migrations_that_want_a_backup_are_left_to_the_playbook(machine):
    machine.settings["backup"] = True
    assert machine.run("deploy 1.4.2")[0] == by_key.DONE, "nothing to migrate, nothing to back up"
    machine.asked.clear()
    machine.answers["planned"] = {"migrations": ["create_notes"]}
    code, said = machine.run("deploy 1.4.2")
    assert code == by_key.FAILED and states(machine) == ["prepared", "planned", "refused"]
    assert "it has create_notes" in said and "Run playbooks/deploy.yml -e deploy_release=1.4.2" in said


def test_a_file_that_cannot_be_written_is_in_the_history_as_any_gate(machine):
    machine.settings["template"]["colour"]["file"] = f"{machine.directory}/nowhere/{template.NAME}.yml"
    code, said = machine.run("deploy 1.4.2")
    assert code == by_key.FAILED and states(machine) == ["prepared", "refused"] and "failed at gate files" in said


@pytest.mark.parametrize(("gate", "recorded"), [("image", 0), ("release", 0), ("backup", 1)])
def test_what_there_is_not_fills_no_history(machine, monkeypatch, gate, recorded):
    store = Files("staging", str(machine.directory / "releases"))
    monkeypatch.setattr(runs, "Files", lambda _environment: store)
    monkeypatch.setattr(runs.Commands, "inspect", lambda *_: {})
    first, traefik = colour(0), dict.fromkeys(("container", "file", "network", "domain", "address"), "x")
    params = {
        "environment": "staging", "state": "refused", "refusal": {"gate": gate, "reason": "no"},
        "request": by_key.typed({"kind": "deploy", "release": "9"}, runs.REQUEST),
        "site": by_key.typed({"repository": "shop", "first": first, "traefik": traefik, "directory": "/srv"}, runs.SITE),
    }  # fmt: skip
    assert runs.outcome(params, unrecorded=by_key.UNRECORDED)["gate"] == gate
    assert len(store.history()) == recorded
    runs.outcome(params)
    assert len(store.history()) == recorded + 1, "a playbook's is recorded"


def test_settings_are_those_that_a_converge_wrote_before_it_gave_the_lock_back(machine, monkeypatch):
    take = lock.take

    def converged_meanwhile(*arguments):
        machine.settings["options"]["deploy"]["watch_seconds"] = 9
        (machine.directory / "deploy.json").write_text(json.dumps(machine.settings))
        return take(*arguments)

    monkeypatch.setattr(lock, "take", converged_meanwhile)
    machine.run("deploy 1.4.2")
    assert machine.asked[0]["request"]["watch_seconds"] == 9


def test_what_the_machine_refuses_is_one_line(machine, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lock, "take", full)
    code, said = machine.run("deploy 1.4.2")
    assert (code, said) == (by_key.FAILED, "The machine refused: [Errno 28] No space left on device\n")
    assert "failed: deploy 1.4.2: The machine refused" in machine.noted[-1]


@pytest.mark.usefixtures("machine")
def test_settings_that_are_gone_are_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "environ", {})
    assert by_key.main(str(tmp_path / "none.json")) == by_key.FAILED
    assert capsys.readouterr().out.startswith("The settings cannot be read: [Errno 2]")


def test_the_list_needs_no_lock_and_says_who_has_it(machine):
    lock.take("stack-staging", ANA, 600, time.time())
    store = Files("staging", str(machine.directory / "releases"))
    with store.alone():
        store.save({**empty(), "number": 7, "current": colour(7, "1.4.2")})
    code, said = machine.run("releases")
    assert code == by_key.DONE and said.startswith("1.4.2 serves")
    assert "ana@laptop:7 has the lock stack-staging" in said and states(machine) == []


@pytest.mark.parametrize("text", ["", "deploy 1.4.2; id", "deploy 1.4.2\nrollback", "rollback --newer-schema"])
def test_what_is_refused_reaches_nothing_and_is_noted(machine, text):
    code, said = machine.run(text)
    assert code == by_key.USAGE and said.count("\n") == 1
    assert states(machine) == [] and not (machine.directory / "locks").exists()
    assert len(machine.noted) == 1 and machine.noted[0].isprintable() and "refused: Found" in machine.noted[0]


def test_nothing_of_the_callers_environment_is_left(machine):
    machine.environment["COMPOSE_FILE"] = "/tmp/mine.yml"
    seen = []
    machine.monkeypatch.setattr(
        by_key, "outcome", lambda params, **more: (seen.append(dict(os.environ)), machine.outcome(params, **more))[1]
    )
    machine.run("deploy 1.4.2")
    assert seen[0] == by_key.ENVIRONMENT


@pytest.mark.parametrize("address", ["", "nonsense x", "$(id) 1 2 3"])
def test_an_address_that_is_none_is_not_shown(machine, address):
    machine.environment["SSH_CONNECTION"] = address
    machine.run("releases")
    assert machine.noted[0].startswith("staging: deploy-key-staging@unknown:")


def test_it_goes_on_when_nobody_listens_any_more(tmp_path):
    code = "from ansible_collections.plannerate.infra.plugins.module_utils._deploy.by_key import tell\n"
    code += f"import time\ntime.sleep(0.5)\ntell('a')\ntell('b')\nopen({str(tmp_path / 'done')!r}, 'w').close()"
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=writer, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    os.close(writer)
    os.close(reader)
    assert process.wait(timeout=30) == 0 and (tmp_path / "done").exists()
