# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine is read and not changed; names of secrets are told, their values never."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.plannerate.infra.plugins.modules import validation_info

PROGRAMS = {
    "ss": 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))',
    "ufw": "Status: active",
    "apt-get": "Inst openssl [1] (2 Debian-Security:12/stable-security [amd64])",
}


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """What each program prints; one that is not there is none."""
    directory = tmp_path / "bin"
    directory.mkdir()

    def put(name, said, code=0):
        path = directory / name
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\necho 'cannot lock' >&2\nexit {code}\n")
        path.chmod(0o755)

    for name, said in PROGRAMS.items():
        put(name, said)
    monkeypatch.setattr(
        validation_info.AnsibleModule,
        "get_bin_path",
        lambda _module, name, required=False: str(directory / name) if (directory / name).exists() else None,
    )
    return put


@pytest.mark.parametrize("check", [False, True])
def test_it_tells_what_the_machine_shows(run_module, programs, tmp_path, check):
    secret, private = tmp_path / ".env", tmp_path / "key"
    secret.write_text("DB_PASSWORD=hunter2\nREDIS_PASSWORD=k3Zq8vT1pLmX\n")
    secret.chmod(0o600)
    private.write_text("")
    private.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    answer = run_module(
        validation_info,
        {
            "private_files": [str(private), str(secret), str(tmp_path / "not there")],
            "secret_files": [str(secret), str(tmp_path / "not there")],
            "encrypted_ports": [port],
        },
        check=check,
    )
    assert answer["changed"] is False and answer["sockets"][0]["program"] == "sshd"
    assert answer["firewall"].strip() == "Status: active" and answer["updates"] == ["openssl"]
    assert answer["open_files"] == [f"{private} (0644)"]
    assert answer["weak_variables"] == [f"{secret}: DB_PASSWORD"] and "hunter2" not in str(answer["weak_variables"])
    assert answer["plaintext"][str(port)][0] is None


def test_what_apt_get_cannot_tell_is_not_nothing(run_module, programs):
    programs("apt-get", "", code=100)
    answer = run_module(validation_info, {})
    assert (answer["updates"], answer["updates_reason"]) == (None, "cannot lock")


def test_it_says_that_it_needs_root(run_module, programs, monkeypatch):
    def refuse(paths):
        raise PermissionError(13, "Permission denied", "/root/.credentials")

    monkeypatch.setattr(validation_info, "weak", refuse)
    answer = run_module(validation_info, {})
    assert answer["failed"] and answer["msg"] == "/root/.credentials may not be read: run this as root (become)"
