# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password may have any character of one line: whoever reads the file that holds it finds it as it was given."""

from __future__ import annotations

import jinja2
import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

PASSWORD = """it's "a" \\ $HOME %h #1 {x}: gr\u00fcn"""


def libpq(line):
    """What libpq takes for the password: what follows the fourth colon that no backslash precedes, without the backslashes."""
    fields, escaped = [""], False
    for letter in line.removesuffix("\n"):
        if letter == ":" and not escaped:
            fields.append("")
        elif letter == "\\" and not escaped:
            escaped = True
            continue
        else:
            fields[-1] += letter
        escaped = False
    assert len(fields) == 5
    return fields[-1]


@pytest.mark.parametrize(
    ("role", "entry", "secret"),
    [
        ("monitoring", "_monitoring_postgres_files[0].content", "MONITORING_PASSWORD"),
        (
            "s3_backup",
            "(_s3_backup_environment_files | selectattr('path', 'match', '.*/pgpass$') | first).content",
            "BACKUP_SHOP_PASSWORD",
        ),
        ("postgres", "_postgres_machine_files[0].content", "POSTGRES_REPLICATOR_PASSWORD"),
    ],
)
def test_libpq_reads_it_from_a_password_file(tmp_path, role, entry, secret):
    variables = {
        "machine_credentials": {"secrets": {secret: PASSWORD}},
        "s3_backup_environment": "shop",
        "postgres_replication_user": "replicator",
    }
    (content,) = values_of_role(tmp_path, role, (entry, variables))
    assert libpq(content) == PASSWORD


def test_pgbouncer_reads_it_from_its_list_of_users():
    template = (ROOT / "roles/pgbouncer/templates/userlist.txt.j2").read_text()
    environment = jinja2.Environment()
    environment.filters["plannerate.infra.pgbouncer_scram_secret"] = lambda password, user: "SCRAM"
    line = environment.from_string(template).render(
        postgres_pooler_role="pgbouncer_auth",
        pgbouncer_admin_user="admin",
        pgbouncer_stats_user="stats",
        _pgbouncer_secrets={"A": PASSWORD, "B": "b"},
        _pgbouncer_secret_names={"auth": "A", "admin": "B", "stats": "B"},
    )
    # A quotation mark is written twice, nothing else is special.
    first = line.splitlines()[0].removeprefix('"pgbouncer_auth" "').removesuffix('"')
    assert first.replace('""', '"') == PASSWORD and first.count('"') == 2 * PASSWORD.count('"')
