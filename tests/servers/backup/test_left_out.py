# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role without superuser cannot load is not lost by the way: nothing takes a database's name without it unless that is said."""

from __future__ import annotations

import pytest


@pytest.fixture
def audited(site):
    site.make("CREATE TABLE orders AS SELECT generate_series(1, 10) AS id")
    site.say("CREATE TABLE audit AS SELECT generate_series(1, 5) AS id", "CREATE EXTENSION pageinspect")
    site.say("GRANT SELECT ON audit TO shop")
    site.back_up()
    return site


def test_a_database_is_not_replaced_by_less_unless_that_is_said(audited):
    backups = audited.good("list")["backups"]
    for options in ([], ["--check"], ["--leave-out=owner:postgres"]):
        code, answer = audited.command("restore", "--overwrite-name=shop", *options)
        assert (code, "without extension:pageinspect" in answer["message"]) == (3, True)
    assert audited.good("list")["backups"] == backups, "no safety backup was made"
    words = ["--as-superuser=owner:postgres", "--leave-out=extension:pageinspect"]
    answer = audited.good("restore", "--overwrite-name=shop", *words)
    assert answer["left_out"] == ["extension:pageinspect"]
    assert audited.say("SELECT count(*) FROM audit") == [(5,)]


def test_a_table_is_not_restored_without_its_rows(audited):
    code, answer = audited.command("restore", "--table=public.audit", "--into=copy")
    assert (code, "--as-superuser=owner:postgres" in answer["message"]) == (3, True)
    assert audited.databases() == {"shop"}
    audited.good("restore", "--table=public.audit", "--into=copy", "--as-superuser=owner:postgres")
    assert audited.say("SELECT count(*) FROM audit", database="copy") == [(5,)]
