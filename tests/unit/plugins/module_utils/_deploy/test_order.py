# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three things can be asked for by a key; whatever else a stranger writes is refused as a whole, and shown as plain ASCII."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.order import USAGE, OrderRefused, read

DIGEST = "sha256:" + "0123456789abcdef" * 4
HOSTILE = [
    "", " ", "deploy", "deploy ", "deploy  1.0", " deploy 1.0", "deploy 1.0 ", "deploy\t1.0", "DEPLOY 1.0", "deploy 1.0\n",
    "deploy 1.0\nreleases", "\ndeploy 1.0", "deploy 1.0;id", "deploy 1.0; id", "deploy $(id)", "deploy `id`", "deploy ${HOME}",
    "deploy 1.0 && id", "deploy 1.0|id", "deploy 1.0>x", "deploy '1.0'", 'deploy "1.0"', "deploy 1.0'", "deploy \\1.0", "deploy 1.0#",
    "deploy *", "deploy ~", "deploy ../x", "deploy /etc/passwd", "deploy .hidden", "deploy -1.0", "deploy --help", "--help", "-c id",
    "deploy --environment=production 1.0", "deploy production 1.0", "deploy 1.0 production", "releases production", "releases ",
    "rollback ", "rollback --newer-schema", "rollback 1.0 rollback_newer_schema=true", "rollback\n", "rollback;id", "releases\n",
    "deploy other/shop:1.0", "deploy shop@" + DIGEST, "deploy " + DIGEST[:-1], "deploy " + DIGEST + "0", "deploy " + DIGEST.upper(),
    "deploy sha512:" + "0" * 64, "deploy " + "a" * 129, "x" * 100_000, "deploy 1.0\r", "deploy 1.0\u2028", "deploy \uff11.0",
    "deploy \u0661", "deploy \u00e9t\u00e9", "deploy\u00a01.0", "deploy \u202e1.0", "deploy 1.0\x00", "deploy \x1b[2J", "deploy \udcff",
    "bash -i", "scp -t /tmp", "/usr/lib/openssh/sftp-server", "internal-sftp", "rsync --server", "migrate", "status", "sh",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))
def test_whatever_else_it_is_refused(text):
    with pytest.raises(OrderRefused) as refused:
        read(text)
    said = str(refused.value)
    assert f"expected {USAGE}" in said and "Nothing was changed" in said
    assert said.isascii() and said.isprintable() and len(said) < 700


@pytest.mark.parametrize(
    ("text", "what", "release"),
    [
        ("deploy 1.4.2", "deploy", "1.4.2"),
        ("deploy main", "deploy", "main"),
        ("deploy _x-Y.z", "deploy", "_x-Y.z"),
        ("deploy " + "a" * 128, "deploy", "a" * 128),
        ("deploy " + DIGEST, "deploy", DIGEST),
        ("rollback", "rollback", ""),
        ("rollback 1.4.1", "rollback", "1.4.1"),
        ("rollback " + DIGEST, "rollback", DIGEST),
        ("releases", "releases", ""),
    ],
)
def test_what_can_be_asked_for(text, what, release):
    order = read(text)
    assert (order.what, order.release, str(order)) == (what, release, text)
