# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository of another cluster, or with another key, is left as it is."""

from __future__ import annotations

from support.helpers.servers_base import AS_OWNER, own, run, wait_for


def become_another_cluster(base, directory):
    """A data directory of a cluster that was made anew, in place of the tests' own."""
    directory.mkdir(mode=0o700)
    own(directory)
    run(
        [
            *AS_OWNER,
            f"{base.programs}/initdb",
            f"--pgdata={directory}",
            "--username=postgres",
            "--no-sync",
            "--auth=reject",
        ]
    )


def test_another_cluster_below_the_same_prefix_and_a_wrong_key_write_nothing(
    make_physical, base, monkeypatch, tmp_path_factory
):
    first = make_physical(prefix="refusals")
    assert first.good("prepare")["changed"]
    # Its servers have the ports of the next one. What it had begun to archive arrives.
    first.servers.stop("pg-main")
    wait_for(lambda: not first.at_work(), 60, "the end of what archives")
    kept = first.objects()
    assert kept
    stranger = base.directory / "stranger"
    become_another_cluster(base, stranger)
    monkeypatch.setattr(base, "data", stranger)
    second = make_physical(prefix="refusals")
    for command in (["prepare"], ["backup", "full"], ["list"]):
        said = second.refused(*command)
        assert "belongs to another cluster" in said, said
        assert "Nothing was written" in said, said
    # Neither does its server, whose configuration nobody looked at.
    second.servers.sql("pg-main", "CREATE TABLE t (); SELECT pg_switch_wal()")
    wait_for(
        lambda: second.servers.value("pg-main", "failed_count > 0 FROM pg_stat_archiver"),
        60,
        "a refusal of the segment",
    )
    assert first.objects() == kept

    second.servers.stop("pg-main")
    monkeypatch.undo()
    third = make_physical(prefix="refusals", passphrase="another one")
    for command in (["prepare"], ["backup", "full"]):
        said = third.refused(*command, code=1)
        assert "another passphrase" in said, said
        assert "another one" not in said
    assert first.objects() == kept
