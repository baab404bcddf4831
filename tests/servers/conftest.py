# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers for the code that changes the primary: a primary and two standbys for each test, removed after it."""

from __future__ import annotations

import itertools
import signal

import pytest
from support.helpers.servers import Servers
from support.helpers.servers_base import LAYOUT, Base
from support.helpers.servers_machines import use_sockets
from support.helpers.writers import Ledger

from ansible_collections.plannerate.infra.plugins.module_utils._promotion import change

FAILED = pytest.StashKey[bool]()
NUMBERS = itertools.count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def base(request):
    """Of the newest release of PostgreSQL, unless tests choose one."""
    # Ended from outside, it ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended by SIGTERM", 128 + signal.SIGTERM))
    base = Base(getattr(request, "param", None))
    yield base
    base.close()


@pytest.fixture
def make_servers(base, monkeypatch, request):
    """A function that gives running servers: those of a layout, with settings that differ from the role's."""
    made = []
    # Nobody reads through a pooler here.
    monkeypatch.setattr(change, "READERS_SECONDS", 0, raising=False)

    def make(layout=None, settings=None):
        servers = Servers(base, base.directory / f"{next(NUMBERS)}", layout or LAYOUT, settings)
        made.append(servers)
        use_sockets(servers.sockets, monkeypatch.setattr)
        servers.begin()
        return servers

    yield make
    for servers in made:
        if request.node.stash.get(FAILED, False):
            for name in servers.members:
                print(f"--- the log of {name}\n{servers.log(name)}")
        servers.close()


@pytest.fixture
def servers(make_servers):
    """pg-main and its two standbys, each on a machine of its own."""
    return make_servers()


@pytest.fixture
def ledger(servers):
    with Ledger(servers) as ledger:
        yield ledger
