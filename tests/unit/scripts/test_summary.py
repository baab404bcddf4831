# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comment on a pull request: what would change and what failed, nothing else, and never too long to be posted."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import summary  # noqa: E402

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import lines  # noqa: E402

OUTPUT = """
PLAY [Primary] *****************************************************************

TASK [plannerate.infra.postgres : Look] ****************************************
ok: [pg-main] =>
    msg: nothing to see

TASK [plannerate.infra.postgres : Settings] ************************************
--- before: /etc/postgresql/15/pg_main/conf.d/settings.conf
+++ after: settings.conf
@@ -1,2 +1,2 @@
 shared_buffers = '96MB'
-log_min_duration_statement = '1s'
+log_min_duration_statement = '77ms'

changed: [pg-main]
ok: [pg-replica1]
[WARNING]: a warning
  of two lines

RUNNING HANDLER [plannerate.infra.postgres : Reload] ***************************
changed: [pg-main] => (item=pg-main)
skipping: [pg-replica1]

TASK [plannerate.infra.postgres : Prove it] ************************************
fatal: [pg-main]: FAILED! =>
    changed: false
    msg: not proven

PLAY RECAP *********************************************************************
app01                      : ok=0    changed=0    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0
pg-main                    : ok=4    changed=2    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
"""


def test_only_what_changed_or_failed_is_told_with_its_difference():
    settings, reload, prove = summary.tasks(OUTPUT)
    assert settings.splitlines() == [
        "# plannerate.infra.postgres : Settings",
        "--- before: /etc/postgresql/15/pg_main/conf.d/settings.conf",
        "+++ after: settings.conf",
        "@@ -1,2 +1,2 @@",
        " shared_buffers = '96MB'",
        "-log_min_duration_statement = '1s'",
        "+log_min_duration_statement = '77ms'",
        "changed: [pg-main]",
    ]
    assert reload.splitlines()[1:] == ["changed: [pg-main] => (item=pg-main)"]
    assert prove.splitlines()[-1].strip() == "msg: not proven"


def test_the_recap_names_the_hosts_that_did_anything():
    assert summary.recap(OUTPUT) == [("pg-main", 4, 2, 1)]


def test_the_heading_says_what_was_asked_and_how_it_ended():
    assert summary.markdown("staging", OUTPUT, 0, check=True).startswith("### Check of `staging`: 2 changes\n")
    assert summary.markdown("staging", OUTPUT, 2, check=False).startswith(
        "### Converge of `staging`: failed with exit code 2\n"
    )
    nothing = OUTPUT.replace("changed=2", "changed=0").replace("changed: [", "ok: [").replace("fatal: [", "ok: [")
    text = summary.markdown("staging", nothing, 0, check=True)
    assert text.startswith("### Check of `staging`: 0 changes\n") and "<details>" not in text


LISTED = """
TASK [Show everything that restarts] *******************************************
Restarts, if this runs without --check:
- db01: pgbouncer restarts, since listen_backlog is '128', wanted '1024'. Who notices: every client.
- app01: shop-app is replaced, since its variables changed. Who notices: visitors.
ok: [app01]

"""


def test_what_restarts_is_in_the_comment_and_no_line_of_another_list():
    text = summary.markdown("staging", "- none of these\n" + LISTED + "- nor this\n" + OUTPUT, 0, check=True)
    block = text[text.index("```text") : text.index("<details>")]
    assert (
        block.splitlines()[1:4] == LISTED.splitlines()[2:5] and "none of these" not in text and "nor this" not in block
    )


def test_that_nothing_restarts_is_in_the_comment_too():
    assert "```text\nNothing restarts.\n```" in summary.markdown(
        "staging", "Nothing restarts.\n" + OUTPUT, 0, check=True
    )


def test_what_a_run_restarted_is_told_as_the_collection_writes_it():
    row = {"machine": "db01", "name": "pgbouncer", "kind": "pgbouncer", "action": "restarts", "why": "it has to"}
    for check in (True, False):
        written = lines([row], check)
        assert summary.restarts("\n".join(written)) == written and len(written) == 2
    assert summary.restarts("\n".join(lines([], False))) == ["Nothing restarts."]


def test_a_run_that_never_began_says_why():
    text = summary.markdown("staging", "ERROR! the vault password is wrong\n", 4, check=True)
    assert "failed with exit code 4" in text and "the vault password is wrong" in text


def test_two_inventories_fit_into_one_comment_whatever_they_change():
    task = "TASK [a : b] ****\n--- before\n+++ after\n" + "+é`@\n" * 3000 + "changed: [x]\n"
    text = summary.markdown("staging", task * 5 + OUTPUT[OUTPUT.index("PLAY RECAP") :], 0, check=True)
    assert 20_000 < len(text.encode()) <= summary.LIMIT
    assert text.endswith("</details>\n")
    assert "3 more: see the log of the run" in text


def test_no_file_can_end_the_block_that_it_is_shown_in():
    fenced = summary.fenced("+```\n+# @everybody\n+````")
    first, *_lines, last = fenced.splitlines()
    assert first == "`````diff" and last == "`````"
