# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are proven from another computer, and what the machine did not write is named and never loaded, over real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.helpers.age_key import Key
from support.helpers.checkout import ROOT
from support.helpers.object_store import BUCKET, KEYS

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import manifest

SEAL = "the key of this installation"


@pytest.fixture
def sealed(site):
    path = site._file("seal.json", {"key": SEAL})
    site.settings["credentials"] = {**site.settings["credentials"], "seal": path}
    return site


def prove_key(site, identity):
    """(exit code, answer) of the command on a computer that has the code, the key and the bucket's address, and nothing else."""
    command = [sys.executable, "-B", "-m", "_s3_backup", "prove-key", "tests", "--json", "--path-style"]
    command += [f"--identity={identity}", f"--bucket={BUCKET}", f"--prefix={site.settings['prefix']}"]
    command += [f"--endpoint={site.settings['store']['endpoint']}"]
    done = subprocess.run(
        command,
        cwd=ROOT / "plugins" / "module_utils",
        env={
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": KEYS["access_key"],
            "AWS_SECRET_ACCESS_KEY": KEYS["secret_key"],
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def proven(site, key):
    (line,) = [
        line
        for line in (site.directory / "s3_backup_tests_run.prom").read_text().splitlines()
        if line.startswith("s3_backup_key_proven_timestamp_seconds{") and key.public in line
    ]
    return float(line.split()[-1])


def put_again(site, name, change):
    """Writes what stands below a name of the newest backup anew, as somebody who has the bucket's key alone."""
    store = site.store.open()
    (key,) = sorted(one.key for one in store.objects(site.settings["prefix"]) if one.key.endswith(name))[-1:]
    document = json.loads(store.get(key))
    document.pop("checksum")
    change(document)
    store.put(key, manifest.seal(document))


def test_a_private_key_is_proven_on_another_computer(sealed, keys):
    site, (drill, offline) = sealed, keys
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    site.back_up()
    assert proven(site, offline) == 0
    code, answer = prove_key(site, drill.path)
    assert (code, "opens nothing: expected the private half" in answer["message"]) == (1, True)
    code, answer = prove_key(site, offline.path)
    assert (code, answer["proven"]) == (0, [offline.public])
    assert proven(site, offline) == 0, "the machine has not seen it"
    made = site.back_up()
    moment = proven(site, offline)
    assert moment > manifest.moment(made["created"]).timestamp() - 600
    # The word is another one now, so the old proof proves nothing.
    put_again(site, ".proof.json", lambda document: document.update(proven="2099-01-01T00:00:00Z"))
    site.back_up()
    assert proven(site, offline) == moment
    # Nor does a word of somebody else's: without the machine's key it is made anew.
    put_again(
        site,
        "/keys/" + manifest.digest(offline.public.encode())[:16] + ".json",
        lambda document: document.update(proven="2099-01-01T00:00:00Z"),
    )
    site.back_up()
    assert proven(site, offline) == 0


def test_backups_that_no_present_key_opens_are_named(site, keys):
    drill, offline = keys
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    site.back_up()
    (listed,) = site.good("list")["backups"]
    assert "opens it" not in (listed["note"] or "")
    other = Key(site.directory / "other.key")
    (listed,) = site.good("list", encryption={"recipients": [other.public], "offline": [other.public]})["backups"]
    assert "no present recipient opens it, it needs the private half of " in listed["note"]
    assert offline.public in listed["note"]
    recipients = [other.public, drill.public]
    (listed,) = site.good("list", encryption={"recipients": recipients, "offline": [other.public]})["backups"]
    assert "only the key of this machine's drill opens it" in listed["note"]


def test_what_the_machine_did_not_write_is_named_and_not_loaded(sealed):
    site = sealed
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    old, new = site.back_up()["id"], site.back_up()["id"]
    put_again(site, "manifest.json", lambda document: document.update(database_properties={}))
    listed = {one["id"]: one for one in site.good("list")["backups"]}
    assert (listed[old]["authentic"], listed[new]["authentic"]) == (True, False)
    assert "its signature does not fit" in listed[new]["note"]
    (drilled,) = site.good("drill")["drills"]
    assert drilled["backup"] == old
    assert [new in text and "not authentic" in text for text in drilled["skipped"]] == [True]
    planned = site.good("restore", "--check")
    assert planned["backup"] == old and new in planned["plan"][0]
    for command in ("restore", "drill"):
        code, answer = site.command(command, f"--backup={new}")
        assert (code, f"{new} is not authentic" in answer["message"]) == (3, True)
    code, answer = site.command("restore", "--unauthenticated")
    assert (code, "--unauthenticated needs --backup" in answer["message"]) == (2, True)


def test_a_backup_of_before_is_restored_by_a_word(site):
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    made = site.back_up()["id"]
    site.settings["credentials"] = {
        **site.settings["credentials"],
        "seal": site._file("seal.json", {"key": SEAL}),
    }
    (listed,) = site.good("list")["backups"]
    assert listed["authentic"] is False and listed["note"].startswith("without a signature; ")
    code, answer = site.command("restore")
    assert (code, "restored with --backup=<id> --unauthenticated" in answer["message"]) == (1, True)
    done = site.good("restore", "--unauthenticated", f"--backup={made}")
    assert done["rows"] == 1


def test_a_verdict_of_somebody_else_counts_for_nothing(sealed):
    site = sealed
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    site.back_up()
    site.good("drill")
    put_again(site, "verified.json", lambda document: document.update(result="damaged"))
    (listed,) = site.good("list")["backups"]
    assert listed["state"] == "good"
    assert "its verdict is not authentic" in listed["note"]


def test_of_several_clusters_one_is_named(site):
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    made = site.back_up()
    store, prefix = site.store.open(), site.settings["prefix"]
    system = made["system_identifier"]
    for entry in list(store.objects(f"{prefix}/{system}/")):
        content = store.get(entry.key)
        if entry.key.endswith("manifest.json"):
            document = json.loads(content)
            document.pop("checksum")
            content = manifest.seal({**document, "system_identifier": "77"})
        store.put(entry.key.replace(f"/{system}/", "/77/"), content)
    code, answer = site.command("restore", "--check")
    assert (code, "backups of several clusters" in answer["message"]) == (3, True)
    assert system in answer["message"] and "77 with " in answer["message"]
    assert site.good("restore", "--check", f"--system={system}")["backup"] == made["id"]
