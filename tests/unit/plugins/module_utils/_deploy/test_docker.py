# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Docker and Compose are told, beside a machine that only writes it down."""

from __future__ import annotations

import json
import re

import pytest
from support.helpers.releases import FIRST, colour

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import migrations
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands, Done
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.docker import DockerEngine, Site
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.migrations import MARK

ANSWER = MARK + json.dumps({"known": ["one", "two"], "ran": ["one", "two"], "new": ["two"]})


class Machine(Commands):
    """``running``: by its name, whether a container runs. ``says``: what a command answers, by a pattern of it."""

    def __init__(self, running, says):
        super().__init__("/root/.docker")
        self.running, self.says, self.calls = running, says, []
        self.variables = {}

    def run(self, command, seconds=0):
        line = " ".join(command)
        if line.startswith("docker container inspect"):
            found = [
                {
                    "Name": f"/{name}",
                    "Config": {"Env": self.variables.get(name, [])},
                    "State": {"Running": self.running[name], "Status": "running", "Pid": 1},
                }
                for name in command[3:]
                if name in self.running
            ]
            missing = len(found) < len(command[3:])
            return Done(int(missing), json.dumps(found) + ("Error: No such container: x\n" if missing else ""), False)
        self.calls.append(line)
        return next(
            (Done(*answer) for pattern, answer in self.says.items() if re.search(pattern, line)), Done(0, "", False)
        )


@pytest.fixture
def engine(tmp_path):
    (tmp_path / ".env").write_text("DB_PASSWORD='s3cret-word'\n")
    site = Site("shop", str(tmp_path), "33", ["/"], 600, 5, 20)

    def make(running=(), **says):
        machine = Machine(dict(running), {key.replace("_", " "): value for key, value in says.items()})
        return DockerEngine(machine, None, site), machine.calls

    return make


def test_what_rests_is_started_and_what_is_missing_made_by_its_own_name(engine, tmp_path):
    up, calls = engine({"app-r1": False, "reverb-r1": True})
    up.up(colour(1), ["app", "reverb", "queue"])
    compose = f"docker compose --project-name stack-shop-r1 --project-directory {tmp_path} --file -r1.yml"
    assert calls == [
        "docker start app-r1", f"{compose} up --detach --no-deps --no-recreate --pull never queue-r1",
    ]  # fmt: skip
    first, calls = engine()
    first.up(FIRST, ["queue"])
    assert calls[0].endswith(" queue")


def test_only_what_runs_is_stopped(engine):
    stopped, calls = engine({"app-r1": False, "queue-r1": True})
    stopped.stop(["app-r1", "queue-r1", "scheduler-r1"])
    assert calls == ["docker stop queue-r1"]


def test_what_is_removed_takes_its_file_along_but_the_first_ones_is_the_stacks(engine, tmp_path):
    for number, stays in ((1, False), (0, True)):
        file = tmp_path / f"{number}.yml"
        file.write_text("")
        one = {**colour(number), "file": str(file)}
        removing, calls = engine({one["containers"]["app"]: True, f"{one['project']}-migrate": True})
        removing.remove(one)
        assert calls[0].startswith("docker stop") and calls[1].endswith(f"{one['project']}-migrate")
        assert file.exists() is stays


def test_a_migration_is_run_once_as_php_and_tells_what_it_did(engine):
    migrating, calls = engine(compose=(0, f"noise\n{ANSWER}\n", False))
    found = migrating.migrate(colour(1))
    assert (found.known, found.new) == (["one", "two"], ["two"])
    (run,) = [call for call in calls if " run " in call]
    assert "run --rm --no-deps -T --name stack-shop-r1-migrate --user 33:33 --env HOME=/tmp app-r1 php -r" in run
    assert "SET lock_timeout" in run and run.endswith(" 5")


@pytest.mark.parametrize("late", [False, True])
def test_one_that_fails_is_told_without_secrets_and_leaves_nothing(engine, late):
    migrating, calls = engine(compose=(1, "lock timeout, with s3cret-word\n", late))
    with pytest.raises(GateFailed) as failed:
        migrating.migrate(colour(1))
    assert failed.value.gate == "migrate" and "lock timeout, with ***" in str(failed.value)
    assert ("within 600 s" in str(failed.value)) is late
    assert calls[-1] == "docker rm --force stack-shop-r1-migrate"


def test_what_would_be_migrated_is_asked_of_the_release_and_the_database_and_nothing_is_done(engine):
    planning, calls = engine(compose=(0, f"noise\n{ANSWER}\n", False))
    assert planning.would_migrate(colour(1)) == ["two"]
    (run,) = [call for call in calls if " run " in call]
    assert "getRan()" in run and "'migrate'" not in run and "SET lock_timeout" not in run


def test_one_that_says_nothing_did_not_succeed(engine):
    migrating, _calls = engine()
    with pytest.raises(GateFailed, match="said nothing of what it did"):
        migrating.migrate(colour(1))


@pytest.mark.parametrize("name", ["", "a b", "one\n::add-mask::x", "\x1b[2J", "été", 7, None, ["one"]])
@pytest.mark.parametrize("key", ["known", "ran", "new"])
def test_what_is_no_name_of_a_migration_is_refused(key, name):
    answer = {**json.loads(ANSWER[len(MARK) :]), key: ["one", name]}
    with pytest.raises(GateFailed, match="expected names of letters, digits") as failed:
        migrations.parse(MARK + json.dumps(answer))
    assert failed.value.gate == "migrate" and str(failed.value).isascii() and str(failed.value).isprintable()


@pytest.mark.parametrize("answer", ["{", "[]", "7", '{"known": [], "ran": []}', '{"known": 7, "ran": [], "new": []}'])
def test_an_answer_that_is_none_is_refused(answer):
    with pytest.raises(GateFailed, match="nothing that can be read"):
        migrations.parse(MARK + answer)


def test_a_tag_becomes_the_digest_of_its_own_repository(engine):
    names = json.dumps(["other@sha256:aa", "reg:5000/shop@sha256:bb"])
    pulling, calls = engine(image_inspect=(0, names, False))
    assert pulling.pull("reg:5000/shop", "1.4.2") == "reg:5000/shop@sha256:bb"
    assert calls[0] == "docker pull --quiet reg:5000/shop:1.4.2"
    digest = "sha256:" + "a" * 64
    assert pulling.pull("reg:5000/shop", digest) == f"reg:5000/shop@{digest}"
    refused, _calls = engine(pull=(1, "manifest unknown", False))
    with pytest.raises(GateFailed, match="reg:5000/shop:9 cannot be pulled: manifest unknown"):
        refused.pull("reg:5000/shop", "9")


def test_last_lines_have_no_secret(engine):
    logging, _calls = engine(logs=(0, "connected with s3cret-word\nbye\n", False))
    assert logging.log(["app-r1"]) == ["app-r1: connected with ***", "app-r1: bye"]


def test_what_went_wrong_is_not_pushed_out_by_the_frames_of_its_stack(engine):
    frames = "".join(f"#{number} /app/File.php({number}): call()\n" for number in range(60))
    logging, _calls = engine(logs=(0, f"Database is gone\n{frames}", False))
    assert logging.log(["web"]) == ["web: Database is gone"]


def test_an_old_image_goes_with_its_tag_and_one_that_cannot_is_no_failure(engine):
    pruning, calls = engine(image_inspect=(0, "sha256:id\n", False), image_rm=(1, "in use", False))
    pruning.prune(["shop@sha256:aa"])
    assert calls[-1] == "docker image rm sha256:id"
    gone, calls = engine(image_inspect=(1, "no such image", False))
    gone.prune(["shop@sha256:aa"])
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("variables", "shares"),
    [(["A=1", "REVERB_SCALING_ENABLED=true"], True), (["REVERB_SCALING_ENABLED=false"], False), ([], False)],
)
def test_what_a_reverb_does_with_events_is_read_of_its_container(engine, variables, shares):
    """Its file may have another value by now."""
    sharing, _calls = engine({"reverb": True, "app": True})
    sharing.commands.variables = {"reverb": variables, "app": ["REVERB_SCALING_ENABLED=true"]}
    assert sharing.shares_events(FIRST) is shares
