# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump that runs programs as its scratch server's superuser finds neither network, keys nor a place to write in a drill."""

from __future__ import annotations

import json
import shlex

import pytest
from support.helpers.lab import over_ssh, wait_for

SCRATCH = "/var/lib/plannerate-backup/drill-shop"
# Each line is one finding. What it may write is looked for everywhere, but for what is of the kernel.
LOOK = f"""
echo "user $(id -un)"
echo "network $(ls /sys/class/net | tr '\\n' ' ')"
timeout 3 bash -c ': </dev/tcp/198.18.0.27/8334' 2>/dev/null && echo "the store answers"
find /etc/plannerate-backup /run/postgresql /run/plannerate-drill /var/lib/plannerate-backup/shop -mindepth 1 2>/dev/null | sed 's/^/sees /'
cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -i -E 'secret|access_key' | sed 's/^/reads /'
find / \\( -path /proc -o -path /sys \\) -prune -o -path {SCRATCH} -prune -printf 'scratch %p\\n' -o -type s -printf 'socket %p\\n' \\
  -o \\( -type d -o -type f \\) -writable -printf 'writes %p\\n' 2>/dev/null
find / \\( -path /proc -o -path /sys \\) -prune -o -name '*.key' -readable -print 2>/dev/null | sed 's/^/key /'
"""
HOSTILE = f"""
SET SESSION AUTHORIZATION shop;
CREATE TABLE public.hostile AS SELECT 1 AS id;
CREATE FUNCTION public.look(int) RETURNS bool LANGUAGE plpgsql AS $attack$ DECLARE said text; BEGIN
  IF current_setting('is_superuser') = 'on' THEN
    CREATE TEMP TABLE found (line text);
    COPY found FROM PROGRAM $look${LOOK}$look$;
    SELECT string_agg(line, '|') INTO said FROM found;
    RAISE EXCEPTION '<<%>>', said;
  END IF;
  RETURN true;
END $attack$;
ALTER TABLE public.hostile ADD CHECK (public.look(id));
"""


@pytest.fixture(scope="module")
def machine():
    return over_ssh("198.18.0.26")


@pytest.fixture(scope="module")
def say(machine):
    def asking(sql):
        # The zoo's database has settings of its own.
        sql = f"SET default_transaction_read_only = off; {sql}"
        psql = "runuser -u postgres -- psql -XqAt --set=ON_ERROR_STOP=1 --dbname=shop"
        return machine.check_output(f"cd / && printf %s {shlex.quote(sql)} | {psql}")

    return asking


@pytest.fixture
def found(machine, say):
    """What the dump found out, line by line."""
    say(HOSTILE)
    try:
        machine.check_output("plannerate-backup run shop --json")
        done = machine.run("plannerate-backup drill shop --json")
    finally:
        say("DROP TABLE public.hostile; DROP FUNCTION public.look(int)")
    message = json.loads(done.stdout)["message"]
    assert done.rc == 1 and "<<" in message, message
    yield message.split("<<")[1].split(">>")[0].split("|")
    # The newest backup is one that can be proven again.
    machine.check_output("plannerate-backup run shop && plannerate-backup drill shop")


def test_a_hostile_dump_reaches_nothing_but_its_scratch(machine, found):
    assert found == ["user drill-shop", "network lo ", f"scratch {SCRATCH}"]
    # The socket is what starts it, and it ends with each drill.
    wait_for(lambda: machine.check_output(f"ls {SCRATCH}") == "", what="the end of what loads")
    assert machine.check_output("systemctl list-units --failed --plain --no-legend 'plannerate-drill*'") == ""


def test_nobody_else_gets_at_the_socket(machine):
    assert machine.check_output("stat -c '%U %a' /run/plannerate-drill/shop.sock") == "backup-drill 600"
    assert machine.check_output("id -Gn drill-shop") == "drill-shop", "its user is in no group of the jobs"
