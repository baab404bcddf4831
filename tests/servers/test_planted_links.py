# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user postgres plants links where a change of primary writes as root: root is led nowhere."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from support.helpers.servers import done
from support.helpers.servers_base import OWNER, ROOT_USER

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.server import MemberServer

pytestmark = pytest.mark.skipif(not ROOT_USER, reason="only root can be led elsewhere")


@pytest.fixture
def victims(servers, tmp_path):
    """A file of root's behind a link at each place where something is written, and one that does not exist."""
    found, owner = {}, pwd.getpwnam(OWNER)
    for name, member in servers.members.items():
        conf, data = Path(member["config_directory"], "conf.d"), Path(member["data_directory"])
        start = servers.sockets / f"start-{member['version']}-{member['cluster']}"
        places = [conf / "60-standby.conf.new", start, *([data / "standby.signal"] if name == servers.primary else [])]
        for number, place in enumerate(places):
            victim = tmp_path / f"{name}-{number}"
            if number != 1:
                victim.write_text("precious")
            place.symlink_to(victim)
            os.lchown(place, owner.pw_uid, owner.pw_gid)
            found[place] = victim
    return found


def test_a_switchover_and_a_failover_write_through_no_link(servers, victims):
    # As a standby whose primary is to come back as one, it starts without the signal that is a link.
    assert done(servers.change("switchover", target="pg-replica1")) == "pg-replica1"
    servers.await_streaming("pg-replica1", "pg-main", "pg-replica2")
    servers.kill("pg-replica1")
    done(servers.change("failover", dead="pg-replica1"))
    for place, victim in victims.items():
        if place.name.startswith("start-"):
            assert not victim.exists(), place
        else:
            assert (victim.read_text(), victim.stat().st_uid) == ("precious", 0), place


def test_the_permission_to_start_creates_no_other_file(servers, victims):
    servers.stop("pg-main")
    MemberServer(servers.members["pg-main"], servers.machines["db01"]).start(30, as_primary=True)
    assert servers.writable() == ["pg-main"]
    (place,) = [place for place in victims if place.name.startswith("start-") and place.name.endswith("pg_main")]
    assert not victims[place].exists() and not place.is_symlink()
