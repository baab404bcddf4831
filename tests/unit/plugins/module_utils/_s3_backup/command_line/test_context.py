# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job does what it can for each database, and whatever fails is recorded before it is said."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line import context
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import (
    BackupError,
    Damaged,
    Stopped,
    UsageError,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.state import State


@pytest.fixture
def configuration(tmp_path):
    (tmp_path / "drill").mkdir()
    return {
        "environment": "production",
        "databases": ["shop", "blog"],
        "state_directory": str(tmp_path),
        "textfile_directory": None,
        "credentials": {"writer": "/nonexistent", "rotator": None, "drill": None},
    }


def outcomes(configuration):
    return {name: figures["success"] for name, figures in State(configuration, "drill").read()["databases"].items()}


def test_one_that_fails_does_not_keep_the_others_from_it(configuration):
    def work(state, database):
        if database == "shop":
            raise Damaged("a flipped bit")
        state.succeeded(database, 1, {})

    with pytest.raises(BackupError, match="shop: a flipped bit") as failure:
        context.each(configuration, "drill", ["shop", "blog"], work)
    assert failure.value.exit_code == Damaged.exit_code
    assert outcomes(configuration) == {"shop": 0, "blog": 1}


@pytest.mark.parametrize("error", [Stopped("stopped by SIGTERM"), RuntimeError("unexpected")])
def test_what_ends_the_job_is_recorded_for_all(configuration, error):
    def work(_state, _database):
        raise error

    with pytest.raises(type(error)):
        context.each(configuration, "drill", ["shop", "blog"], work)
    assert outcomes(configuration) == {"shop": 0, "blog": 0}


def test_what_failed_is_tried_again_by_itself_the_same_night(configuration, monkeypatch, capsys):
    slept, tried = [], []
    monkeypatch.setattr(context.time, "sleep", slept.append)

    def work(state, database):
        tried.append(database)
        if database == "blog" and tried.count("blog") < 3:
            raise BackupError("the store is away")
        state.succeeded(database, 1, {})
        return database

    assert context.each(configuration, "drill", ["shop", "blog"], work, pauses=(600, 1200, 2400)) == ["shop", "blog"]
    assert (tried, slept) == (["shop", "blog", "blog", "blog"], [600, 1200])
    assert outcomes(configuration) == {"shop": 1, "blog": 1}
    assert "again in 10 minutes: blog: the store is away" in capsys.readouterr().err


def test_what_somebody_has_to_correct_is_not_tried_again(configuration, monkeypatch):
    monkeypatch.setattr(context.time, "sleep", lambda _seconds: pytest.fail("it waited"))

    def work(_state, _database):
        raise UsageError("no key")

    with pytest.raises(BackupError, match="shop: no key"):
        context.each(configuration, "drill", ["shop"], work, pauses=(600,))


def test_one_that_is_ended_leaves_the_outcome_of_the_others(configuration):
    def work(state, database):
        if database == "blog":
            raise Stopped("stopped by SIGTERM")
        state.succeeded(database, 1, {})

    with pytest.raises(Stopped):
        context.each(configuration, "drill", ["shop", "blog"], work)
    assert outcomes(configuration) == {"shop": 1, "blog": 0}
    assert State(configuration, "drill").ended_without_a_word() == []


def test_a_database_of_another_environment_is_refused(configuration):
    class Options:
        database = "accounts"

    with pytest.raises(UsageError, match="accounts is no database of this environment: shop, blog"):
        context.databases_of(configuration, Options)


def test_a_credential_that_nobody_can_read_is_named(configuration):
    with pytest.raises(UsageError, match="none of the credentials can be read"):
        context.readable_credential(configuration)
    with pytest.raises(UsageError, match=r"credentials\.rotator is missing"):
        context.open_store(configuration, "rotator")
