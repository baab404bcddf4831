# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command rotates over a real S3 server that lies: nothing verified goes that an honest one would have kept."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from support.helpers.lies import POLICY, history, rightly_gone, states
from support.helpers.lying_proxy import ERRORS, LyingProxy
from support.helpers.lying_store import LISTINGS, NAMED
from support.helpers.object_store import BUCKET, KEYS

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import index, keys
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line import jobs
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line import main as command_line

HISTORIES = 50
PREFIX = "production/"


@pytest.fixture
def proxy(object_store):
    proxy = LyingProxy(object_store.port)
    yield proxy
    proxy.shutdown()
    proxy.server_close()


@pytest.fixture
def rotate(object_store, proxy, tmp_path, monkeypatch, capsys):
    """A function that runs the command and gives what it says."""
    monkeypatch.setattr(command_line.signal, "signal", lambda *_arguments: None)
    (tmp_path / "rotate").mkdir()
    (tmp_path / "key").write_text(json.dumps(KEYS))
    configuration = {
        "environment": "tests",
        "databases": ["shop", "blog"],
        "bucket": BUCKET,
        "prefix": PREFIX,
        "state_directory": str(tmp_path),
        "store": object_store.settings(proxy.own_port),
        "credentials": {"writer": str(tmp_path / "key"), "rotator": str(tmp_path / "key")},
        "source": {"conninfo": "unused", "binaries": "unused"},
        "encryption": {"method": "none"},
        "retention": POLICY,
    }
    (tmp_path / "configuration").write_text(json.dumps(configuration))

    # Making a client costs more than what it is asked here: one does it for all runs.
    opened = object_store.open(proxy.own_port)
    monkeypatch.setattr(jobs, "open_store", lambda _found, _name: opened)

    def run():
        umask = os.umask(0)
        code = command_line.main(["rotate", "tests", f"--config={tmp_path / 'configuration'}", "--json"])
        os.umask(umask)
        answer = json.loads(capsys.readouterr().out)
        return code, " ".join([answer.get("message", ""), *answer.get("warnings", [])])

    return run


def put(store, contents, now):
    """The worst memory that there can be: that no rule ever kept anything."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.put, contents, contents.values()))
    found = states(contents)
    for above in {one.directory[: -len(one.id) - 1] for one in found.values()}:
        ids = frozenset(one.id for one in found.values() if one.directory.startswith(above))
        long_ago = dict.fromkeys(ids, now - timedelta(days=2))
        index.write(store, above, index.NOTHING._replace(verified=ids, going=long_ago))


def test_fifty_histories_with_a_store_that_lies(object_store, proxy, rotate):
    store, lies, deleted = object_store.open(), Counter(), 0
    for seed in range(HISTORIES):
        choice = proxy.choice = random.Random(seed)
        now = datetime.now(timezone.utc).replace(microsecond=0)
        before = history(choice, now)
        # What was there once, and comes back.
        old = {} if seed % 4 else history(choice, now - timedelta(days=130))
        proxy.gone = [name for name in old if name not in before]
        put(store, before, now)
        kind = (*LISTINGS, *ERRORS, None)[seed % (len(LISTINGS) + len(ERRORS) + 1)]
        proxy.begin(kind, which=choice.randint(1, 6))
        code, said = rotate()
        left = {entry.key for entry in store.objects(PREFIX)}
        went = {name[: -len(keys.MANIFEST)] for name in set(before) - left if name.endswith("/" + keys.MANIFEST)}
        found = states(before)
        verified = {place for place, one in found.items() if one.was_verified} & went
        deleted += len(verified)
        assert not verified - rightly_gone(found, now), (seed, kind, said)
        if kind in NAMED and proxy.about:
            lies[kind] += 1
            assert (code == 3 and "the listing of" in said) or any(place in said for place in proxy.about), (
                seed,
                kind,
                said,
            )
        assert kind != 403 or "AccessDenied" in said, (seed, said)
        store.delete(sorted(left))
    assert deleted > 5
    assert {*NAMED} - {*lies} <= {"ghost"}, lies
