# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine tells of itself: expected containers that are missing, Redis and PgBouncer that do not answer, stale subjects."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine import updates

FILES = Path(__file__).parents[3] / "roles/monitoring/files"


def program(name):
    spec = importlib.util.spec_from_file_location(name, FILES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


metrics, releases = program("machine_metrics"), program("machine_releases")

LISTING = """app-prod|running|Up 2 hours (healthy)
queue-prod|running|Up 2 hours (unhealthy)
reverb-prod|exited|Exited (137) 3 seconds ago
stranger|running|Up 2 hours (unhealthy)
"""


def values(samples) -> dict[tuple[str, str], float]:
    return {(name, next(reversed(labels.values()), "")): value for name, labels, value in samples}


def test_expected_containers_are_told_whatever_became_of_them() -> None:
    names = ["app-prod", "queue-prod", "reverb-prod", "redis-prod"]
    found = values(metrics.container_samples("production", names, LISTING))
    assert {name: found["container_running", name] for name in names} == dict(zip(names, [1, 1, 0, 0]))
    assert {name: found["container_unhealthy", name] for name in names} == dict(zip(names, [0, 1, 0, 0]))
    assert ("container_running", "stranger") not in found


def test_a_deployed_release_is_expected_by_its_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "RELEASES", tmp_path)
    names = ["shop-redis-prod", "shop-app-prod", "shop-queue-prod"]
    (tmp_path / "production").mkdir()
    state = tmp_path / "production" / "state.json"
    own = {"app": "shop-app-prod-r7", "queue": "shop-queue-prod-r7"}
    deployed = ["shop-redis-prod", "shop-app-prod-r7", "shop-queue-prod-r7"]
    for text, expected in (
        (None, names),
        ('{"current": nu', names),
        ('{"current": null}', names),
        (json.dumps({"current": {"name": "", "containers": {"app": "shop-app-prod"}}}), names),
        (json.dumps({"current": {"name": "r7", "containers": own}}), deployed),
    ):
        if text is not None:
            state.write_text(text)
        assert releases.released("production", names) == expected, text


DONE = {"kind": "deploy", "release": "1.1.0", "began": 100.0, "ended": 190.0, "result": "done"}
BACK = {
    **DONE,
    "release": "1.2.0",
    "began": 200.0,
    "ended": 230.0,
    "result": "went back: warm-up: app answers 500\nbecause: x",
}
REFUSED = {**DONE, "began": 300.0, "ended": 300.0, "result": "refused: disk: full"}
NONE = ("deployment_last_rolled_back", {"environment": "production"}, 0)


@pytest.mark.parametrize(
    ("lines", "labels", "rolled_back", "ended", "seconds"),
    [
        ([DONE], {"kind": "deploy", "release": "1.1.0"}, 0, 190, 90),
        ([DONE, BACK, REFUSED], {"kind": "deploy", "release": "1.2.0", "gate": "warm-up"}, 1, 230, 30),
        ([BACK, {**DONE, "kind": "rollback"}], {"kind": "rollback", "release": "1.1.0"}, 0, 190, 90),
        ([{**BACK, "result": "went back: interrupted"}], {"kind": "deploy", "release": "1.2.0", "gate": "interrupted"}, 1, 230, 30),
    ],
    ids=["stays", "went back", "after a rollback", "interrupted"],
)  # fmt: skip
def test_how_the_last_deployment_ended_is_told(tmp_path, monkeypatch, lines, labels, rolled_back, ended, seconds):
    monkeypatch.setattr(releases, "RELEASES", tmp_path)
    (tmp_path / "production").mkdir()
    assert list(releases.samples("production")) == [NONE]
    (tmp_path / "production/history.jsonl").write_text("\n".join([*map(json.dumps, lines), '{"result": "do']))
    here = {"environment": "production"}
    told = [
        ("deployment_last_rolled_back", {**here, **labels}, rolled_back),
        ("deployment_last_timestamp_seconds", here, ended),
        ("deployment_last_duration_seconds", here, seconds),
    ]
    assert list(releases.samples("production")) == told
    current = {"name": "r7", "release": "1.1.0", "image": "shop@sha256:11", "containers": {}}
    (tmp_path / "production/state.json").write_text(json.dumps({"current": current}))
    info = ("release_info", {**here, "release": "1.1.0", "digest": "sha256:11"}, 1)
    assert list(releases.samples("production")) == [info, *told]


def test_redis_tells_its_memory_or_is_down() -> None:
    answer = "# Memory\r\nused_memory:1024\r\nused_memory_human:1K\r\nmaxmemory:0\r\n"
    assert {name: value for name, _labels, value in metrics.redis_samples("e", answer)} == {
        "redis_up": 1,
        "redis_memory_used_bytes": 1024,
        "redis_memory_max_bytes": 0,
    }
    assert list(metrics.redis_samples("e", "")) == [("redis_up", {"environment": "e"}, 0)]
    assert next(metrics.redis_samples("e", "NOAUTH Authentication required.\n"))[2] == 0


def test_the_longest_wait_of_a_pool_has_its_fraction() -> None:
    pools = "database,user,cl_active,cl_waiting,maxwait,maxwait_us\napp,u,1,2,3,500000\n"
    labels = {"database": "app", "user": "u"}
    assert list(metrics.pool_samples(pools)) == [
        ("pgbouncer_up", {}, 1),
        ("pgbouncer_pools_client_waiting_connections", labels, 2),
        ("pgbouncer_pools_client_maxwait_seconds", labels, 3.5),
    ]
    assert list(metrics.pool_samples("")) == [("pgbouncer_up", {}, 0)]


def test_the_ends_of_the_certificates_and_of_the_authority_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CERTIFICATES", tmp_path)
    assert list(metrics.certificate()) == []
    for days, name in ((10, "machine"), (20, "client"), (30, "ca")):
        command = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x"]
        subprocess.run(
            [*command, "-days", str(days), "-out", tmp_path / f"{name}.crt"], check=True, capture_output=True
        )
    own, authority = "machine_certificate_not_after_timestamp_seconds", "machine_authority_not_after_timestamp_seconds"
    found = [(name, labels, round((end - time.time()) / 86400)) for name, labels, end in metrics.certificate()]
    trusted = ("machine_authorities_trusted", {}, 1)
    assert list(metrics.certificate())[-1] == trusted
    assert found[:-1] == [
        (own, {"certificate": "machine"}, 10),
        (own, {"certificate": "client"}, 20),
        (authority, {}, 30),
    ]
    # A newer one is about to take its place.
    (tmp_path / "ca.crt").write_text((tmp_path / "client.crt").read_text() + (tmp_path / "ca.crt").read_text())
    (_name, _labels, end), trusted = list(metrics.certificate())[-2:]
    assert round((end - time.time()) / 86400) == 20 and trusted == ("machine_authorities_trusted", {}, 2)


def test_samples_of_one_metric_stand_together() -> None:
    samples = [("a", {"x": 'quote "q"'}, 1.0), ("b", {}, 1795465312.0), ("a", {"x": "2"}, 0.5)]
    assert metrics.rendered(samples) == (
        '# TYPE a gauge\na{x="quote \\"q\\""} 1\na{x="2"} 0.5\n# TYPE b gauge\nb{} 1795465312\n'
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("EXPECTED", "TEXTFILES"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(metrics, name, tmp_path / name)
    monkeypatch.setattr(metrics, "CERTIFICATES", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "machine_releases", releases)
    monkeypatch.setattr(metrics, "updates", lambda: iter(()))
    (tmp_path / "EXPECTED/machine.json").write_text(
        '{"environment": "", "containers": ["traefik"], "redis": null, "pgbouncer_port": null, "backups": []}'
    )
    (tmp_path / "EXPECTED/production.json").write_text(
        '{"environment": "production", "containers": ["app-prod"], "redis": null, "pgbouncer_port": null, "backups": ["app"]}'
    )
    return tmp_path / "TEXTFILES"


def test_a_subject_that_cannot_be_asked_keeps_its_old_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "ask", lambda *command: LISTING)
    assert metrics.main() == 0
    before = (here / "machine_containers.prom").read_text()
    assert 'container_running{environment="production",container="app-prod"} 1' in before
    assert 'machine_metrics_timestamp_seconds{subject="containers"}' in before
    told = (here / "machine_releases.prom").read_text()
    assert 'deployment_last_rolled_back{environment="production"} 0' in told and 'environment=""' not in told

    def refuse(*command: str) -> str:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(metrics, "ask", refuse)
    assert metrics.main() == 1
    assert (here / "machine_containers.prom").read_text() == before
    assert {path.name for path in here.iterdir()} == {
        f"machine_{subject}.prom" for subject in ("containers", "releases", "backups")
    }


def test_what_others_planted_there_leads_root_nowhere(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users of the backup jobs may write into that directory."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("machine_redis.prom", "machine_redis.new", ".machine_redis.prom"):
        (here / name).symlink_to(victim)
    metrics.write("redis", [("redis_up", {"environment": "e"}, 1.0)])
    assert victim.read_text() == "precious"
    written = here / "machine_redis.prom"
    assert "redis_up" in written.read_text() and not written.is_symlink()
    assert written.stat().st_mode & 0o777 == 0o644

    def refuse(*_paths, **_directories):
        raise OSError("no")

    monkeypatch.setattr(metrics.os, "replace", refuse)
    with pytest.raises(OSError):
        metrics.write("redis", [("redis_up", {"environment": "e"}, 0.0)])
    assert not list(here.glob(".machine_redis.prom.*")), "nothing is left of a write that failed"


def test_a_link_in_place_of_the_directory_leads_root_nowhere(here: Path, tmp_path: Path) -> None:
    """Its parent belongs to the user prometheus."""
    here.rename(tmp_path / "system")
    here.symlink_to(tmp_path / "system")
    (tmp_path / "system" / "machine_redis.prom").write_text("precious")
    for samples in ([("redis_up", {}, 1.0)], []):
        with pytest.raises(NotADirectoryError):
            metrics.write("redis", samples)
    assert [path.read_text() for path in (tmp_path / "system").iterdir()] == ["precious"]


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of a machine with one pending security update of each kind."""
    asked: list[str] = []

    def ask(*command: str, seconds: int = 0) -> str:
        asked.append(command[0])
        if command[0] == "apt-config":
            return 'Unattended-Upgrade::Package-Blacklist "";\nUnattended-Upgrade::Package-Blacklist:: "docker";\n'
        return "".join(
            f"Inst {name} [1] (2 Debian-Security:13/stable-security [amd64])\n" for name in ("libc6", "docker.io")
        )

    for name in ("status", "stamp"):
        (tmp_path / name).touch()
    monkeypatch.setitem(sys.modules, "machine_updates", updates)
    monkeypatch.setattr(metrics, "ask", ask)
    monkeypatch.setattr(metrics, "APT_INPUTS", (tmp_path / "status", tmp_path / "missing"))
    monkeypatch.setattr(metrics, "APT_LISTS", (tmp_path / "missing", tmp_path / "stamp"))
    monkeypatch.setattr(metrics, "ANSWERS", tmp_path / "answers.json")
    monkeypatch.setattr(metrics, "REBOOT_FILE", tmp_path / "reboot-required")
    monkeypatch.setattr(metrics, "BOOT", tmp_path / "none")
    return asked


def test_security_updates_are_told_by_who_brings_them(apt: list[str], tmp_path: Path) -> None:
    os.utime(tmp_path / "stamp", (1795465312, 1795465312))
    assert list(metrics.updates()) == [
        ("machine_security_updates_pending", {"by": "unattended-upgrades"}, 1),
        ("machine_security_updates_pending", {"by": "patch"}, 1),
        ("machine_reboot_required", {}, 0),
        ("machine_package_lists_timestamp_seconds", {}, 1795465312),
    ]


def test_apt_is_asked_only_when_it_may_say_something_else(apt: list[str], tmp_path: Path) -> None:
    first = list(metrics.updates())
    (tmp_path / "reboot-required").touch()
    again = list(metrics.updates())
    assert apt == ["apt-get", "apt-config"]
    assert [sample for sample in again if sample not in first] == [("machine_reboot_required", {}, 1)]
    os.utime(tmp_path / "status", (1795465312, 1795465312))
    list(metrics.updates())
    assert len(apt) == 4
    (tmp_path / "answers.json").write_text("{")
    assert list(metrics.updates()) == again


def test_an_apt_that_does_not_answer_leaves_no_figure(apt: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*command: str, seconds: int = 0) -> str:
        raise subprocess.CalledProcessError(100, command)

    monkeypatch.setattr(metrics, "ask", refuse)
    with pytest.raises(subprocess.CalledProcessError):
        list(metrics.updates())
