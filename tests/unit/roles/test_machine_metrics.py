# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine tells of itself: expected containers that are missing, Redis and PgBouncer that do not answer, stale subjects."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import time
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "roles/monitoring/files/machine_metrics.py"
spec = importlib.util.spec_from_file_location("machine_metrics", FILE)
metrics = importlib.util.module_from_spec(spec)
spec.loader.exec_module(metrics)

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
    monkeypatch.setattr(metrics, "RELEASES", tmp_path)
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
        assert metrics.released("production", names) == expected, text


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

    def refuse(*command: str) -> str:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(metrics, "ask", refuse)
    assert metrics.main() == 1
    assert (here / "machine_containers.prom").read_text() == before
    assert {path.name for path in here.iterdir()} == {"machine_containers.prom", "machine_backups.prom"}


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
