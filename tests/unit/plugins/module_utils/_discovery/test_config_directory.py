# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import (
    MANAGED,
    inspect_config_directory,
)

TEMPLATE = Path(__file__).resolve().parents[5] / "roles/postgres/templates/postgresql.conf.j2"


def test_a_main_file_is_known_by_a_line_that_the_role_writes():
    assert MANAGED in TEMPLATE.read_text(encoding="utf-8").splitlines()


def test_a_directory_that_is_not_there_says_nothing(tmp_path):
    assert inspect_config_directory(str(tmp_path / "none")) == {
        "config_present": False,
        "managed": None,
        "marker": None,
        "adopted_at": None,
        "adopted_rules": None,
        "adopted_settings": None,
        "detached_from": None,
    }


def test_debians_own_file_is_somebody_elses(tmp_path):
    (tmp_path / "postgresql.conf").write_text("port = 5432\n")
    config = inspect_config_directory(str(tmp_path))
    assert (config["config_present"], config["managed"], config["adopted_at"]) == (True, False, None)


def test_what_an_adoption_left_is_read(tmp_path):
    (tmp_path / "postgresql.conf").write_text(f"# managed\n{MANAGED}\n")
    (tmp_path / "system_identifier").write_text("77\n")
    (tmp_path / "adopted").mkdir()
    (tmp_path / "pg_hba.conf.adopted").write_text("# comment\n\nlocal all all md5   # old\n  host all all all trust\n")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "00-adopted.conf").write_text("# comment\ntimezone = 'UTC'\n")
    config = inspect_config_directory(str(tmp_path))
    assert (config["managed"], config["marker"]) == (True, "77")
    assert config["adopted_at"] == (tmp_path / "adopted").stat().st_mtime
    assert config["adopted_rules"] == ["local all all md5   # old", "  host all all all trust"]
    assert config["adopted_settings"] == ["timezone"]
