# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases on a real server, backed up into a real S3 server."""

from __future__ import annotations

import pytest
from support.helpers.age_key import Key
from support.helpers.backup_here import Site
from support.helpers.dump_role import make_dump_role
from support.helpers.object_store import COPIES, ObjectStore, keys_of


@pytest.fixture(scope="session")
def object_store(base):
    store = ObjectStore(base.directory / "store")
    yield store
    store.close()


@pytest.fixture
def make_site(make_servers, object_store):
    """A function that gives a site: a server with the database "shop" of the role "shop", and the role that dumps it."""

    def make(created_with="", layout=None, **settings):
        servers = make_servers(layout or {"pg-main": "db01"}, {"synchronous_standby_names": "", **settings})
        site = Site(servers, object_store)
        site.say("CREATE ROLE shop LOGIN", f"CREATE DATABASE shop OWNER shop {created_with}", database="postgres")
        make_dump_role(site)
        return site

    return make


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def keys(site):
    """The drill's key, and one that is kept elsewhere; the site encrypts to both."""
    drill, offline = Key(site.directory / "drill.key"), Key(site.directory / "offline.key")
    site.settings["encryption"] = {
        "method": "age",
        "recipients": [offline.public, drill.public],
        "offline": [offline.public],
    }
    site.settings["drill"]["identity_file"] = drill.path
    return drill, offline


@pytest.fixture
def away(site):
    """The machine that writes has no key that deletes, and none of the second bucket."""
    writer = site._file("writer.json", keys_of("writer"))
    seal = site._file("seal.json", {"key": "the key of this installation"})
    site.settings["credentials"] = {"writer": writer, "rotator": None, "drill": writer, "seal": seal}
    site.settings["copy"] = {
        "bucket": COPIES,
        "prefix": site.settings["prefix"],
        "endpoint": site.settings["store"]["endpoint"],
        "path_style": True,
    }
    return site
