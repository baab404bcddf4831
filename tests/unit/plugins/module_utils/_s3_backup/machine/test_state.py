# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's outcome reaches the metrics, whatever happens to the disk, and two runs do not overlap."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from datetime import datetime, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Busy
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine import metrics, state


@pytest.fixture
def configuration(tmp_path):
    (tmp_path / "state" / "run").mkdir(parents=True)
    (tmp_path / "textfile").mkdir()
    return {
        "environment": "production",
        "databases": ["shop", "blog"],
        "state_directory": str(tmp_path / "state"),
        "textfile_directory": str(tmp_path / "textfile"),
    }


@pytest.fixture
def job(configuration):
    return state.State(configuration, "run")


def published(job):
    with open(job.textfile, encoding="utf-8") as file:
        lines = [line.rsplit(" ", 1) for line in file if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


LABELS = '{environment="production",job="run",database="shop"}'


def test_a_failure_after_a_success_keeps_when_that_was(job):
    job.succeeded("shop", 12.5, {"stored_bytes": 1000})
    good = published(job)
    job.failed(["shop"])
    bad = published(job)
    assert good[f"s3_backup_job_success{LABELS}"] == 1
    assert bad[f"s3_backup_job_success{LABELS}"] == 0
    name = f"s3_backup_job_last_success_timestamp_seconds{LABELS}"
    assert bad[name] == good[name]
    assert bad[f"s3_backup_job_duration_seconds{LABELS}"] == 12.5
    assert bad['s3_backup_stored_bytes{environment="production",database="shop"}'] == 1000


def test_a_failure_of_the_whole_job_counts_for_each_database(job):
    job.failed()
    assert sorted(published(job)) == sorted(
        f's3_backup_job_{what}{{environment="production",job="run",database="{database}"}}'
        for database in ("shop", "blog")
        for what in ("success", "last_failure_timestamp_seconds")
    )


def test_a_database_that_left_the_environment_leaves_the_metrics(configuration, job):
    job.succeeded("blog", 1, {})
    configuration["databases"] = ["shop"]
    left = state.State(configuration, "run")
    left.succeeded("shop", 1, {})
    assert "blog" not in str(published(left))


def test_on_a_full_disk_the_metric_is_written_in_its_own_place(job, monkeypatch):
    job.succeeded("shop", 12.5, {"stored_bytes": 1000})

    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(state.tempfile, "mkstemp", full)
    job.failed()
    assert published(job)[f"s3_backup_job_success{LABELS}"] == 0


def test_a_disk_that_cannot_be_written_is_named(job, monkeypatch):
    def broken(*_arguments, **_options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(state.tempfile, "mkstemp", broken)
    with pytest.raises(BackupError, match=r"cannot write .*: Read-only file system"):
        job.failed()


def test_nothing_is_left_beside_the_files(job, tmp_path):
    job.succeeded("shop", 1, {})
    assert [path.name for path in (tmp_path / "textfile").iterdir()] == ["s3_backup_production_run.prom"]
    assert [path.name for path in (tmp_path / "state" / "run").iterdir()] == ["state.json"]


def test_a_state_that_was_destroyed_is_begun_anew(job):
    with open(job.path, "w", encoding="utf-8") as file:
        file.write('{"databases"')
    job.succeeded("shop", 1, {})
    assert job.read()["databases"]["shop"]["success"] == 1


def test_what_was_begun_is_remembered_until_it_is_forgotten(job):
    job.begin("production/7/shop/a/")
    job.begin("production/7/shop/b/")
    job.forget("production/7/shop/a/")
    job.failed()
    assert job.read()["begun"] == ["production/7/shop/b/"]


def test_a_second_run_is_refused_and_names_the_first(configuration, job):
    with (
        job.locked(),
        pytest.raises(Busy, match=rf"run of production is running already \(process {os.getpid()}\)"),
        state.State(configuration, "run").locked(),
    ):
        pass
    with state.State(configuration, "run").locked():
        pass


def test_one_that_waits_begins_when_the_first_has_ended(configuration, job):
    with job.locked(), pytest.raises(Busy), state.State(configuration, "run").locked(wait=0.2):
        pass
    held = contextlib.ExitStack()
    held.enter_context(job.locked())
    threading.Timer(0.3, held.close).start()
    with state.State(configuration, "run").locked(wait=20):
        pass


def test_labels_are_escaped():
    text = metrics.render("production", "run", {'a"b\\c': {"success": 1}})
    assert 'database="a\\"b\\\\c"} 1' in text


def outcomes(job):
    return {name: figures["success"] for name, figures in job.read()["databases"].items()}


def test_who_is_started_by_a_failure_marks_only_what_nobody_told(job):
    with job.telling(["shop", "blog"]):
        job.succeeded("shop", 1, {})
        job.failed(["blog"])
    assert job.ended_without_a_word() == []
    assert outcomes(job) == {"shop": 1, "blog": 0}
    # It was killed after the first one.
    with contextlib.suppress(RuntimeError), job.telling(["shop", "blog"]):
        job.succeeded("shop", 1, {})
        raise RuntimeError
    assert job.ended_without_a_word() == ["blog"]
    assert outcomes(job) == {"shop": 1, "blog": 0}


def test_a_job_that_could_not_even_begin_failed_for_all(job, monkeypatch):
    with job.telling(["shop", "blog"]):
        job.succeeded("shop", 1, {})
        job.succeeded("blog", 1, {})
    now = state.time.time()
    monkeypatch.setattr(state.time, "time", lambda: now + 61)
    assert job.ended_without_a_word() == ["shop", "blog"]
    assert outcomes(job) == {"shop": 0, "blog": 0}


def test_the_proofs_of_keys_are_published_and_stay(job):
    moment = datetime(2026, 11, 23, tzinfo=timezone.utc)
    job.proven({"age1a": moment, "age1b": None})
    job.failed(["shop"])
    found = published(job)
    assert (
        found['s3_backup_key_proven_timestamp_seconds{environment="production",recipient="age1a"}']
        == moment.timestamp()
    )
    assert found['s3_backup_key_proven_timestamp_seconds{environment="production",recipient="age1b"}'] == 0
