# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import pwd
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._discovery import reader
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import MANAGED
from ansible_collections.plannerate.infra.plugins.modules import postgres_cluster_info as info

FACTS = {
    "in_recovery": False,
    "server_version_num": 150018,
    "system_identifier": "77",
    "timeline": 1,
    "lsn": "0/5",
    "receive_lsn": None,
    "replay_lsn": None,
    "replay_paused": None,
    "replay_at_end": None,
    "data_checksums": True,
    "wal_log_hints": True,
    "primary_conninfo": "",
    "primary_slot_name": "",
    "detached_from": None,
    "wal_receiver": None,
    "pending_restart": None,
    "restart_settings": None,
    "archive_is_ours": False,
    "configuration_errors": None,
    "settings": {},
    "roles": None,
    "md5_roles": None,
    "role_connections": None,
    "locales": None,
    "clients": None,
    "started_at": 1.0,
    "hba_file": "/nonexistent",
    "databases": None,
    "slots": None,
    "synchronous_settings": None,
    "synchronous": None,
}


@pytest.fixture
def member(tmp_path):
    config, data = tmp_path / "etc", tmp_path / "main"
    config.mkdir()
    (config / "postgresql.conf").write_text(f"{MANAGED}\nport = 5432\n")
    (data / "global").mkdir(parents=True)
    (data / "global" / "pg_control").touch()
    (data / "PG_VERSION").write_text("15\n")
    return {
        "name": "pg-main",
        "version": 15,
        "port": 5432,
        "data_directory": str(data),
        "config_directory": str(config),
    }


@pytest.fixture
def server(member, monkeypatch):
    """A living server on another port; what its programs answer is set by the test."""
    answers, commands = {"psql": (2, "", "psql: no answer"), "pg_controldata": (127, "", "not found")}, []

    def run_command(self, command, **others):
        commands.append((command, others))
        program = next(name for name in answers if any(part.endswith(name) for part in command))
        return answers[program]

    postmaster = {"pid": 42, "port": 5499, "socket_directory": "/run/other"}
    inspect = reader.inspect_data_directory
    monkeypatch.setattr(reader, "inspect_data_directory", lambda path: dict(inspect(path), postmaster=postmaster))
    monkeypatch.setattr(reader.InstanceReader, "_program", lambda self, data, program: f"/bin/{program}")
    monkeypatch.setattr(AnsibleModule, "run_command", run_command)
    return answers, commands


def ask(run_module, *members, **others):
    return run_module(info, {"members": list(members), **others})


def test_a_bare_machine_is_described_without_any_program_in_all_documented_keys(run_module, tmp_path):
    bare = {"name": "a", "version": 15, "cluster": "a", "port": 5432, "data_directory": str(tmp_path / "none")}
    answers = ask(run_module, bare, {**bare, "name": "b"})["members"]
    assert [answers[name]["state"] for name in ("a", "b")] == ["no_data", "no_data"]
    assert set(answers["a"]) == set(yaml.safe_load(info.RETURN)["members"]["contains"])


def test_an_unmounted_disk_is_told_by_the_marker(run_module, member, tmp_path):
    (tmp_path / "etc" / "system_identifier").write_text("77\n")
    told = ask(run_module, {**member, "data_directory": str(tmp_path / "none")})["members"]["pg-main"]
    assert (told["state"], told["marker"], told["config_present"]) == ("no_data", "77", True)


def test_a_server_is_asked_where_it_is_not_where_it_should_be(run_module, member, server):
    answers, commands = server
    answers["psql"] = (
        0,
        "40\n" + json.dumps({**FACTS, "data_directory": "/d", "files": [], "load_time": 1.0}) + "\n",
        "",
    )
    told = ask(run_module, member)["members"]["pg-main"]
    assert (told["state"], told["role"], told["port"]) == ("running", "primary", 5499)
    psql = next(command for command, others in commands if "/bin/psql" in command)
    assert psql[psql.index("--port") + 1] == "5499"
    assert psql[psql.index("--host") + 1] == "/run/other"


@pytest.mark.parametrize(("load_time", "current"), [(0.0, False), (4102444800.0, True)])
def test_a_file_beside_the_data_counts_too(run_module, member, server, tmp_path, load_time, current):
    (tmp_path / "main" / "server.crt").touch()
    facts = {
        **FACTS,
        "data_directory": member["data_directory"],
        "files": ["server.crt", "/gone"],
        "load_time": load_time,
    }
    server[0]["psql"] = (0, "40\n" + json.dumps(facts) + "\n", "")
    assert ask(run_module, member)["members"]["pg-main"]["configuration_current"] is current


def test_a_server_that_fails_to_answer_is_unresponsive_with_its_message(run_module, member, server):
    told = ask(run_module, member)["members"]["pg-main"]
    assert (told["state"], told["role"]) == ("unresponsive", None)
    assert "psql: no answer" in told["detail"]
    assert "pg_controldata: not found" in told["detail"]


def test_a_server_that_hangs_is_unresponsive(run_module, member, server):
    server[0]["psql"] = (124, "", "")
    told = ask(run_module, member, timeout=3)["members"]["pg-main"]
    assert (told["state"], "psql took more than 3 s" in told["detail"]) == ("unresponsive", True)


def test_nobody_can_write_through_the_question(run_module, member, server):
    ask(run_module, member)
    environment = next(others["environ_update"] for command, others in server[1] if "/bin/psql" in command)
    assert "-c default_transaction_read_only=on" in environment["PGOPTIONS"]


def test_a_stopped_member_is_read_without_pg_controldata(run_module, member, monkeypatch):
    monkeypatch.setattr(reader.InstanceReader, "_program", lambda self, data, program: None)
    told = ask(run_module, member)["members"]["pg-main"]
    assert (told["state"], told["role"], told["version"]) == ("stopped", "primary", 15)
    assert "pg_controldata is not installed for PostgreSQL 15" in told["detail"]


def test_two_members_of_one_name_are_refused(run_module, member):
    assert "names pg-main more than once" in ask(run_module, member, member)["msg"]


def test_a_relative_data_directory_is_refused(run_module, member):
    told = ask(run_module, {**member, "data_directory": "main"})
    assert told["msg"] == "pg-main: data_directory is main, expected an absolute path"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has the rights of root")
def test_rules_are_never_read_with_the_rights_of_root(run_module, member, server, tmp_path):
    """The server says where they are, and its user may have put a directory of root's in place of its data."""
    answers, _commands = server
    (tmp_path / "etc" / "postgresql.conf").write_text("port = 5432\n")
    (tmp_path / "credentials").write_text("secret\n")
    facts = {**FACTS, "data_directory": "/d", "files": [], "load_time": 1.0, "hba_file": str(tmp_path / "credentials")}
    answers["psql"] = (0, "40\n" + json.dumps(facts) + "\n", "")
    answers["systemctl"] = (3, "", "")
    assert ask(run_module, {**member, "cluster": "main"})["members"]["pg-main"]["adopted_rules"] == []


@pytest.mark.parametrize("kept", [False, True])
def test_a_server_of_somebody_else_tells_its_rules_and_its_unit(run_module, member, server, tmp_path, kept):
    answers, _commands = server
    (tmp_path / "etc" / "postgresql.conf").write_text("port = 5432\n")
    (tmp_path / "hba").write_text("# by hand\nhost all all all trust\n")
    _give_to_nobody(member, tmp_path)
    if kept:
        # An adoption that was interrupted: what it kept counts, since the server may have the role's rules already.
        (tmp_path / "etc" / "pg_hba.conf.adopted").write_text("host all all all md5\n")
    facts = {**FACTS, "data_directory": "/d", "files": [], "load_time": 1.0, "hba_file": str(tmp_path / "hba")}
    answers["psql"] = (0, "40\n" + json.dumps({**facts, "file_settings": {"port": "5432"}}) + "\n", "")
    answers["systemctl"] = (3, "", "")
    told = ask(run_module, {**member, "cluster": "main"})["members"]["pg-main"]
    assert (told["managed"], told["service_active"], told["file_settings"]) == (False, False, {"port": "5432"})
    assert told["adopted_rules"] == [f"host all all all {'md5' if kept else 'trust'}"]


def _give_to_nobody(member, tmp_path):
    """No server runs as root, and its user reads the rules; the way lets everybody through."""
    if os.geteuid() != 0:
        return
    for parent in [tmp_path, *tmp_path.parents[:2]]:
        parent.chmod(0o755)
    for path in (Path(member["data_directory"]), tmp_path / "hba"):
        os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)


def test_a_primary_that_was_stopped_before_its_first_checkpoint_is_on_its_own_timeline(run_module, member, monkeypatch):
    """The control file names the timeline before; the history file that the promotion wrote is there already."""
    control = "Database cluster state:               in production\nLatest checkpoint's TimeLineID:       2\n"
    monkeypatch.setattr(reader.InstanceReader, "_program", lambda self, data, program: f"/bin/{program}")
    monkeypatch.setattr(AnsibleModule, "run_command", lambda self, command, **others: (0, control, ""))
    wal = Path(member["data_directory"]) / "pg_wal"
    wal.mkdir()
    (wal / "00000003.history").write_text("1\t0/3000000\tno\n2\t0/5000000\tno\n")
    told = ask(run_module, member)["members"]["pg-main"]
    assert (told["state"], told["role"], told["timeline"]) == ("stopped", "primary", 3)
    assert told["history"] == [{"timeline": 1, "lsn": "0/3000000"}, {"timeline": 2, "lsn": "0/5000000"}]
