# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is restored is what was backed up, under a new name or over the old one, and the next backup of it is good."""

from __future__ import annotations

import json

import pytest
from support.helpers.backup import Environment

CHECKSUMS = """
SELECT (SELECT md5(string_agg(i::text, ',' ORDER BY id)) FROM items i),
       (SELECT md5(string_agg(n::text, ',' ORDER BY id)) FROM notes n)
"""


@pytest.fixture(scope="module")
def environment(machine):
    environment = Environment(machine("db01"), "restores")
    environment.raise_up()
    environment.back_up()
    yield environment
    for name in databases(environment):
        environment.sql(f'DROP DATABASE "{name}" WITH (FORCE)', "postgres")
    environment.tear_down()


def databases(environment):
    listed = environment.sql(
        f"SELECT datname FROM pg_database WHERE datname LIKE '{environment.database}%'", database="postgres"
    )
    return set(listed.split())


def restore(environment, *options):
    done = environment.command("restore", "--json", *options)
    answer = json.loads(done.stdout)
    assert done.rc == 0, answer
    return answer


def test_a_new_name_is_the_default_and_holds_the_same(environment):
    before = databases(environment)
    plan = restore(environment, "--check")
    assert databases(environment) == before
    answer = restore(environment)
    assert answer["database"] == plan["database"]
    assert databases(environment) - before == {answer["database"]}
    assert environment.sql(CHECKSUMS, answer["database"]) == environment.sql(CHECKSUMS)


def test_in_parallel_it_holds_the_same(environment):
    restore(environment, "--into", f"{environment.database}_parallel", "--jobs=2")
    assert environment.sql(CHECKSUMS, f"{environment.database}_parallel") == environment.sql(CHECKSUMS)


def test_an_existing_database_is_not_touched(environment):
    done = environment.command("restore", "--into", "postgres")
    assert done.rc == 3
    assert "the database postgres exists; choose another name" in done.stderr
    done = environment.command("restore", "--overwrite-name", "postgres")
    assert done.rc == 2


def test_one_table_comes_alone(environment):
    name = f"{environment.database}_table"
    restore(environment, "--into", name, "--table=public.notes")
    assert environment.sql("SELECT count(*) FROM notes", name) == environment.sql("SELECT count(*) FROM notes")
    assert environment.sql("SELECT count(*) FROM items", name) == "0"


def test_a_time_and_an_id_choose_the_backup(environment):
    count = "SELECT count(*) FROM notes"
    first, before = max(environment.look()["states"]), environment.sql(count)
    environment.sql("SET synchronous_commit = local; INSERT INTO notes VALUES (1001, 'late')")
    environment.back_up()
    after = environment.sql(count)
    assert int(after) == int(before) + 1
    second = max(environment.look()["states"])
    digits = first.split("Z")[0]
    moment = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[9:11]}:{digits[11:13]}:{digits[13:15]}Z"
    for number, (option, meant, rows) in enumerate(
        [
            (f"--time={moment}", first, before),
            (f"--backup={second}", second, after),
            (f"--backup={first}", first, before),
        ]
    ):
        name = f"{environment.database}_chosen_{number}"
        assert restore(environment, option, "--into", name)["backup"] == meant
        assert environment.sql(count, name) == rows


def test_over_the_existing_one_only_after_a_safety_backup_and_the_old_one_stays(environment):
    known = set(environment.look()["states"])
    good = environment.sql(CHECKSUMS)
    newest = max(known)
    environment.sql("SET synchronous_commit = local; DELETE FROM notes WHERE id > 10")
    answer = restore(environment, "--overwrite-name", environment.database, f"--backup={newest}")
    assert environment.sql(CHECKSUMS) == good
    (safety,) = set(environment.look()["states"]) - known
    assert answer["aside"] in databases(environment)
    assert answer["backup"] == newest
    restore(environment, f"--backup={safety}", "--into", f"{environment.database}_safety")
    assert environment.sql("SELECT count(*) FROM notes", f"{environment.database}_safety") == "10"
    environment.back_up()
    assert environment.command("drill").rc == 0


def test_a_restore_of_damaged_objects_leaves_no_database(environment):
    newest = max(environment.look()["states"])
    key = next(key for key in environment.look()["objects"] if f"/{newest}/database.dump" in key)
    before = databases(environment)
    environment.flip(key)
    done = environment.command("restore", f"--backup={newest}", "--into", f"{environment.database}_damaged")
    environment.flip(key)
    assert done.rc == 4
    assert f"{key} is damaged" in done.stderr
    assert databases(environment) == before
