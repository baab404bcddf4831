# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever becomes of the session, production is open again or the message says how to open it, and what happened is told."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Stopped
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.session import SessionError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import naming, target

PROPERTIES = {"owner": "shop", "settings": [], "grants": None, "row": {"datconnlimit": -1}}


class Connection:
    closed = 0


class Server(target.Server):
    """One whose session is lost at a statement, and whose next attempts to connect fail."""

    def __init__(self, lost_at, refused=0, is_loaded=True):
        self.connection, self.lost_at, self.refused, self.is_loaded = Connection(), lost_at, refused, is_loaded
        self.said = []

    def _connect(self, _database):
        if self.refused:
            self.refused -= 1
            raise SessionError("cannot connect")
        return Connection()

    def execute(self, connection, statement, _parameters=None):
        self.said.append(statement)
        if self.lost_at and statement.startswith(self.lost_at):
            os.kill(os.getpid(), signal.SIGTERM)
            self.lost_at, connection.closed = None, 2
            raise SessionError("server closed the connection")
        if "datallowconn" in statement:
            return [(True,)]
        return [(1,)] if statement.startswith("SELECT 1") and self.is_loaded else []


@pytest.fixture
def give(monkeypatch):
    def stop(_number, _frame):
        raise Stopped

    monkeypatch.setattr(target, "_PATIENCE", 5)
    monkeypatch.setattr(target.time, "sleep", lambda _seconds: None)
    before = signal.signal(signal.SIGTERM, stop)

    def give(server):
        for module in (naming, target):
            monkeypatch.setattr(module, "execute", server.execute)
        naming.give_name(server, "restore_1", "shop", PROPERTIES, "shop_before")

    yield give
    signal.signal(signal.SIGTERM, before)


def test_production_is_open_again_once_the_server_is_back(give):
    server = Server('ALTER DATABASE "shop" RENAME', refused=3)
    with pytest.raises(naming.NotNamed, match='the statement was: ALTER DATABASE "shop" RENAME'):
        give(server)
    assert server.said[-1] == 'ALTER DATABASE "shop" ALLOW_CONNECTIONS true'


def test_where_the_server_stays_away_the_statement_is_told(give, monkeypatch):
    monkeypatch.setattr(target, "_PATIENCE", 0)
    with pytest.raises(naming.NotNamed, match='says: ALTER DATABASE "shop" ALLOW_CONNECTIONS true'):
        give(Server('ALTER DATABASE "shop" RENAME', refused=100))


def test_a_lost_answer_to_the_end_is_looked_up(give):
    give(Server("COMMIT", is_loaded=False))
    with pytest.raises(naming.NotNamed, match="the statement was: COMMIT"):
        give(Server("COMMIT", is_loaded=True))


def test_a_step_is_done_before_the_process_ends(give):
    done = []
    with pytest.raises(Stopped), naming.postponed():
        os.kill(os.getpid(), signal.SIGTERM)
        done.append(1)
    assert done
