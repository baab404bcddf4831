# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that archive into a real S3 server, by the real pgBackRest."""

from __future__ import annotations

import pytest
from support.helpers.object_store import ObjectStore
from support.helpers.physical_here import PhysicalSite, make_certificate


@pytest.fixture(scope="session")
def certificate(base):
    return make_certificate(base.directory)


@pytest.fixture(scope="session")
def secure_store(base, certificate):
    store = ObjectStore(base.directory / "secure_store", certificate)
    yield store
    store.close()


@pytest.fixture
def make_physical(make_servers, secure_store, certificate):
    """A function that gives a site: servers that archive into a repository which is there already, or is not made yet."""

    def make(layout=None, **changed):
        servers = make_servers(layout or {"pg-main": "db01"}, {"synchronous_standby_names": ""})
        site = PhysicalSite(servers, secure_store, certificate[0], **changed)
        site.begin_archiving()
        return site

    return make
