# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for two releases at the same time: each sum as it is computed, and each answer of the machine as it is read."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.room import (
    available,
    connections,
    lacks,
    size,
    told,
)

MIB = 1024 * 1024
ROOM = {
    "disks": {"/var/lib/docker": 1600 * MIB}, "image": 500 * MIB, "memory": 800 * MIB, "used": 500 * MIB, "clients": 10,
    "clients_allowed": 21,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "gate", "why"),
    [
        ({"disks": {"/a": 1600 * MIB, "/b": 1500 * MIB}}, "disk", "/b has 1500 MiB free, expected 1524 MiB"),
        ({"memory": 755 * MIB}, "memory", "755 MiB are available, expected 756 MiB"),
        ({"clients": 11}, "clients", "two releases need 23 clients of the pooler"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_sum(changed, gate, why):
    assert lacks(ROOM) == {}
    found = lacks({**ROOM, **changed})
    assert list(found) == [gate] and why in found[gate]


def test_an_image_that_is_there_needs_the_margin_only_and_clients_may_be_unlimited():
    assert lacks({**ROOM, "disks": {"/": 1024 * MIB}, "image": 0, "clients": 500, "clients_allowed": 0}) == {}
    assert "not limited here" in told({**ROOM, "clients_allowed": 0}) and "10 clients of the pooler of 21" in told(ROOM)


def test_what_docker_tells_of_memory():
    assert [size(text) for text in ("97.5MiB / 1GiB", "1.5GiB / 2GiB", "812KiB / 1GiB", "0B / 0B", "--")] == [
        int(97.5 * MIB), 1536 * MIB, 812 * 1024, 0, 0,
    ]  # fmt: skip


def test_memory_and_connections_are_read_from_the_kernel(tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 8 kB\nMemAvailable:    2048 kB\n")
    assert available(str(tmp_path / "meminfo")) == 2 * MIB
    (tmp_path / "7/net").mkdir(parents=True)
    rows = ["sl local_address rem_address st", "0: 0A000001:9C40 0A000002:1920 01 x", "1: 0A000001:9C41 0A000002:1920 06 x",
            "2: 0A000001:9C42 0A000002:18EB 01 x"]  # fmt: skip
    (tmp_path / "7/net/tcp").write_text("\n".join(rows))
    assert connections(7, 6432, str(tmp_path)) == 1
    assert connections(8, 6432, str(tmp_path)) == 0
