# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that deletes lies on the machine that writes only where the inventory names that machine, and strict refuses it there."""

from __future__ import annotations

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play, values_of_role

COMMON = {
    "s3_backup_rotator_access_key": "rotator",
    "s3_backup_rotator_secret_key": "rotators-secret",
    "machine_credentials": {"secrets": {"BACKUP_PRODUCTION_PASSWORD": "secret", "BACKUP_PRODUCTION_SEAL": "seal"}},
    "postgres_version": "15",
    "postgres_members": [{"machine": "db01", "address": "192.0.2.10", "port": 5432}],
    "postgres_local_members": [{"port": 5432}],
    "postgres_tls_directory": "/etc/ssl/postgres",
    "postgres_socket_directory": "/var/run/postgresql",
    "__s3_backup_key": {"stdout": "age1drill"},
}
FILES = "_s3_backup_environment_files | selectattr('path', 'search', 'rotator.json')"
COPY = {
    "s3_backup_copy_bucket": "copies",
    "s3_backup_copy_access_key": "copier",
    "s3_backup_copy_secret_key": "copiers-secret",
}
SAFE, UNSAFE = (
    '{"unsafe": [], "warnings": []}',
    '{"unsafe": ["the writer may delete"], "warnings": ["the writer may delete"]}',
)


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    def ask(*asked):
        return values_of_role(tmp_path_factory.mktemp("role"), "s3_backup", *asked, inventory="localhost,")

    return ask


def test_the_writing_machine_has_no_key_that_deletes_unless_it_is_named(values):
    # The machine of these plays is called localhost.
    away, here = {**COMMON, "s3_backup_rotator": "elsewhere"}, {**COMMON, "s3_backup_rotator": "localhost"}
    found = values(
        *((expression, given) for given in (away, here) for expression in (FILES, "_s3_backup_settings.credentials")),
        ("_s3_backup_environment_files", {**away, **COPY}),
        ("_s3_backup_settings['copy']", {**away, **COPY}),
        ("_s3_backup_settings | list", away),
        ("_s3_backup_former_metrics", away),
        ("_s3_backup_former_metrics", {**here, **COPY}),
    )
    entries = [[one for one in files if one.get("when", True)] for files in (found[0], found[2])]
    assert [[one.get("absent", False) for one in files] for files in entries] == [[True], [False]]
    assert [found[1]["rotator"], found[3]["rotator"]] == [None, "/etc/plannerate-backup/production/rotator.json"]
    there = str([one for one in found[4] if one.get("when", True)])
    assert not [secret for secret in ("rotators-secret", "copier", "copiers-secret") if secret in there]
    assert [found[5][name] for name in ("bucket", "prefix", "ca_file")] == ["copies", "production", None]
    # An older command knows no such section.
    assert "copy" not in found[6]
    metrics = "/var/lib/prometheus/node-exporter/s3_backup_production"
    assert found[7:] == [
        [f"{metrics}_rotate.prom", f"{metrics}_copy_elsewhere.prom"],
        [f"{metrics}_rotate_elsewhere.prom"],
    ]


def test_strict_refuses_what_can_make_backups_vanish(values):
    def told(stdout, **variables):
        return "_s3_backup_unsafe", {
            **COMMON,
            "__s3_backup_policy": {"stdout": stdout},
            "s3_backup_rotator": "elsewhere",
            **variables,
        }

    safe, unsafe, copied, here, silent, failed = values(
        told(SAFE),
        told(UNSAFE),
        told(UNSAFE, **COPY),
        told(SAFE, s3_backup_rotator="localhost"),
        told(""),
        told('{"failed": true, "message": "the store cannot be reached"}'),
    )
    assert (safe, unsafe, copied) == ([], ["the writer may delete"], [])
    assert "the key that deletes lies on it" in here[0]
    assert "the store could not be asked" in silent[0] and "the store cannot be reached" in failed[0]


@pytest.mark.parametrize(
    ("said", "refused"), [('{"warnings": []}', (False, True)), (SAFE, (False, False)), (UNSAFE, (True, True))]
)
def test_a_check_run_is_not_refused_for_what_the_command_before_could_not_say(tmp_path, said, refused):
    role = ROOT / "roles" / "s3_backup"
    (refusal,) = [one for one in yaml.safe_load((role / "tasks" / "report.yml").read_text()) if "Refuse" in one["name"]]
    given = {"s3_backup_strict": True, "s3_backup_rotator": "elsewhere", "__s3_backup_policy": {"stdout": said}}
    play = {
        "hosts": "localhost",
        "vars_files": [str(role / "defaults" / "main.yml"), *map(str, sorted((role / "vars").rglob("*.yml")))],
        "tasks": [{**refusal, "vars": {**COMMON, **given}}],
    }
    outcomes = [run_play(tmp_path, play, "--inventory=localhost,", *options) for options in (["--check"], [])]
    assert tuple(code != 0 for code, _said in outcomes) == refused, "\n".join(said for _code, said in outcomes)
