# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two spellings of a value need no restart, two values do."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import (
    is_same,
    reasons,
    successor,
    waiting,
)


@pytest.mark.parametrize(
    ("shown", "unit", "wanted"),
    [
        ("128MB", "8kB", "128MB"),
        ("128MB", "8kB", 16384),
        ("128MB", "8kB", "131072kB"),
        ("1GB", "8kB", "1024MB"),
        ("100", None, 100),
        ("on", None, True),
        ("on", None, "yes"),
        ("off", None, "FALSE"),
        ("replica", None, "Replica"),
        ("4MB", "8kB", "-1"),
        ("1min", "s", 60),
        ("1s", "ms", "1000"),
        ("", None, ""),
        ("a, b", None, " a, b"),
        ("0777", None, 511),
        ("0777", None, "0777"),
    ],
)
def test_one_value(shown, unit, wanted):
    assert is_same({"shown": shown, "unit": unit}, wanted)


@pytest.mark.parametrize(
    ("shown", "unit", "wanted"),
    [
        ("128MB", "8kB", "128kB"),
        ("128MB", "8kB", 128),
        ("100", None, 101),
        ("on", None, "try"),
        ("", None, "pg_stat_statements"),
        ("a", None, "a, b"),
        ("1min", "s", "60ms"),
    ],
)
def test_two_values(shown, unit, wanted):
    assert not is_same({"shown": shown, "unit": unit}, wanted)


def test_only_what_needs_a_restart_is_named():
    running = {"shared_buffers": {"shown": "128MB", "unit": "8kB"}, "port": {"shown": "5432", "unit": None}}
    assert waiting({"shared_buffers": "96MB", "work_mem": "1MB", "port": 5432}, running) == {"shared_buffers": "128MB"}
    assert waiting({"shared_buffers": "96MB"}, None) == {}


def test_why_it_restarts_is_said_with_what_it_runs_with():
    running = {"shared_buffers": {"shown": "128MB", "unit": "8kB"}, "port": {"shown": "5432", "unit": None}}
    wanted = {"shared_buffers": "96MB", "port": 5432}
    assert reasons(wanted, running, ["shared_buffers", "wal_buffers"]) == [
        "shared_buffers is 128MB, wanted 96MB",
        "wal_buffers waits for a restart",
    ]
    assert reasons({"port": 5432}, running, []) == []
    assert reasons(wanted, None, None) == []


def instance(shown="96MB", pending=(), sync=()):
    return {
        "pending_restart": list(pending),
        "restart_settings": {"shared_buffers": {"shown": shown, "unit": "8kB"}},
        "synchronous": [{"application_name": name, "sync_state": state} for name, state in sync],
    }


@pytest.mark.parametrize(
    ("first", "second", "follows", "sync", "chosen"),
    [
        (instance(), instance(), (True, True), (), "a"),
        (instance(), instance(), (True, True), (("a", "potential"), ("b", "sync")), "b"),
        (instance(), instance(), (True, True), (("a", "quorum"), ("b", "quorum")), "a"),
        (instance(), instance(), (False, True), (), "b"),
        (instance("128MB"), instance(), (True, True), (), "b"),
        (instance(pending=["port"]), instance(), (True, True), (), "b"),
        (instance("128MB"), None, (True, True), (), ""),
    ],
)
def test_whoever_takes_the_role_has_tried_the_new_values(first, second, follows, sync, chosen):
    topology = {
        "primary": "main",
        "following": {name: {"follows": each} for name, each in zip("ab", follows, strict=True)},
    }
    instances = {"main": instance("128MB", sync=sync), "a": first, "b": second}
    assert successor({"shared_buffers": "128MB"}, topology, instances) == chosen
