# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer has room for another environment, and where it restarts, transactions end first."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

from support.helpers.plays import values_of_role

POOL = {"database": "shop", "pool_size": 25, "prepared_statements": False}
CLIENTS = 1000
# Each writes down its name and what it is asked.
PROGRAM = '#!/bin/sh\necho "{name} $*" >>{log}\n{then}\n'


def inventory(environments):
    return {
        "pgbouncer_environments": {f"e{number}": {**POOL, "database": f"shop{number}"} for number in range(environments)},
        "pgbouncer_environment": "e0",
        "pgbouncer_max_client_conn": CLIENTS,
        "pgbouncer_pool_size_session": 0,
        "pgbouncer_reserved_connections": 10 + 2 * environments,
        "postgres_max_connections": 600,
        "_pgbouncer_answer": {"version": "1.18"},
        "_pgbouncer_sockets": "/sockets",
    }  # fmt: skip


def test_one_that_runs_since_there_were_two_environments_has_room_for_eight(tmp_path):
    (limit, *needed) = values_of_role(
        tmp_path,
        "pgbouncer",
        ("_pgbouncer_nofile_limit | int", inventory(2)),
        *(("_pgbouncer_nofile | int", inventory(number)) for number in (2, 3, 8)),
    )
    assert needed == [CLIENTS + number * 2 * 25 + 500 for number in (2, 3, 8)], "two pools for each"
    assert limit >= max(needed) and limit % 8192 == 0


def test_it_is_stale_by_its_own_files_alone(tmp_path):
    directories = {"_pgbouncer_directory": tmp_path / "etc", "_pgbouncer_tls_directory": tmp_path / "tls"}
    stamp = tmp_path / "loaded"
    paths = {name: str(path) for name, path in directories.items()} | {
        "_pgbouncer_stamp": str(stamp),
        "postgres_version": 15,
    }
    (script,) = values_of_role(
        tmp_path, "pgbouncer", ("lookup('ansible.builtin.template', 'probe.sh.j2')", {**inventory(1), **paths})
    )
    ask = script[script.index("find ") : script.index('newer "$(pgrep')]
    files = [tmp_path / name for name in ("etc/pgbouncer.ini", "tls/machine.crt", "tls/machine.key", "tls/ca.crt")]
    others = [tmp_path / name for name in ("etc/replica-agent.json", "tls/client.crt", "tls/client.key")]
    for directory in directories.values():
        directory.mkdir()
    stamp.touch()

    def touched(file, seconds):
        file.touch()
        os.utime(file, (seconds, seconds))

    loaded = stamp.stat().st_mtime
    for file in [*files, *others]:
        touched(file, loaded - 1)
    said = {}
    for file in [*files, *others]:
        touched(file, loaded + 1)
        done = subprocess.run(["/bin/sh", "-c", ask], capture_output=True, text=True, timeout=20, check=False)
        said[file] = done.stdout.split()
        touched(file, loaded - 1)
    assert [said[file] for file in files] == [["pgbouncer"]] * 4
    assert [said[file] for file in others] == [[]] * 3


def test_haproxy_is_stale_by_its_own_process_and_not_by_another_ones(tmp_path, request):
    """Role logs has a HAProxy of its own, which may have started later."""
    (script,) = values_of_role(
        tmp_path,
        "pgbouncer",
        (
            "lookup('ansible.builtin.template', 'probe.sh.j2')",
            {**inventory(1), "postgres_version": 15, "postgres_tls_directory": "/tls"},
        ),
    )
    configuration, program = tmp_path / "haproxy.cfg", tmp_path / "haproxy"
    shutil.copy(shutil.which("sleep"), program)

    def start(*command):
        process = subprocess.Popen(command, start_new_session=True)
        request.addfinalizer(lambda: (os.killpg(process.pid, signal.SIGKILL), process.wait()))
        return process

    # As HAProxy's first process does, the shell starts the one that serves.
    first = start("/bin/sh", "-c", f"{program} 60 & wait")
    started = time.time()
    time.sleep(3.2)
    start(program, "60")
    (tmp_path / "systemctl").write_text(
        f'#!/bin/sh\n[ "$*" != "show --property=MainPID --value haproxy" ] || echo {first.pid}\n'
    )
    (tmp_path / "systemctl").chmod(0o700)
    (ask,) = [line for line in script.splitlines() if line.endswith("&& echo haproxy")]
    ask = script[: script.index("cd /")] + ask.replace("/etc/haproxy/haproxy.cfg", str(configuration))
    said = []
    for seconds in (-2, 2.1):
        configuration.touch()
        os.utime(configuration, (started + seconds, started + seconds))
        path = f"{tmp_path}:/usr/bin:/bin"
        done = subprocess.run(
            ["/bin/sh", "-c", ask], env={"PATH": path}, capture_output=True, text=True, timeout=20, check=False
        )
        said.append(done.stdout.split())
    assert said == [[], ["haproxy"]]


DATABASES = """name,host,pool_mode,paused
pgbouncer,,statement,0
shop,198.18.0.12,transaction,0
shop_ro,127.0.0.1,transaction,0
shop_session,198.18.0.12,session,0
staging,198.18.0.12,,0"""


def test_transactions_end_first_and_it_restarts_whatever_they_do(tmp_path):
    """A session pool pauses only when its clients have gone, so all others would wait for nothing."""
    (script,) = values_of_role(
        tmp_path, "pgbouncer", ("lookup('ansible.builtin.template', 'restart.sh.j2')", inventory(1))
    )
    (tmp_path / "databases").write_text(DATABASES)
    for then in ("exit 0", "exec sleep 60"):
        log = tmp_path / "log"
        log.unlink(missing_ok=True)
        shows = f"case $* in *SHOW*) exec cat {tmp_path}/databases ;; esac; {then}"
        for name, what in (("runuser", shows), ("systemctl", "exit 3")):
            (tmp_path / name).write_text(PROGRAM.format(name=name, log=log, then=what))
            (tmp_path / name).chmod(0o700)
        shorter = script.replace("timeout 5 ", "timeout 1 ")
        assert shorter != script
        path = f"{tmp_path}:/usr/bin:/bin"
        done = subprocess.run(["/bin/sh", "-c", shorter], env={"PATH": path}, timeout=20, check=False)
        _shown, asked, restarted = log.read_text().splitlines()
        pauses = " ".join(f'--command=PAUSE "{name}"' for name in ("shop", "shop_ro", "staging"))
        assert asked.startswith("runuser -u postgres -- psql ") and asked.endswith(f"--dbname=pgbouncer {pauses}")
        assert restarted == "systemctl restart pgbouncer" and done.returncode == 3, "that it failed is seen"
