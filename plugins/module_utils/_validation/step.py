# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of load: the programs run at the same time, and end in time whatever becomes of their answers."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation import load, workplace
from ansible_collections.plannerate.infra.plugins.module_utils._validation.stress import NOT_INSTALLED

# libpq's variables: a password has no place in a command.
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def run(programs: Mapping[str, str | None], conninfo: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """:arg programs: by name, the paths of C(pgbench) and C(curl); :arg params: of M(validation_load)."""
    directory, site = Path(params["directory"]), params["site"]
    commands: dict[str, list[list[str]]] = {}
    missing = {}
    for subject, name in {"database": "pgbench", **({"site": "curl"} if site else {})}.items():
        program = programs[name]
        if program is None:
            missing[subject] = {"reason": f"{NOT_INSTALLED}{load.PACKAGES[name]}"}
        elif subject == "database":
            commands[subject] = [_database(program, directory, params)]
        else:
            commands[subject] = _visitors(program, directory, params)
    env = {**os.environ, "LC_ALL": "C", **{_VARIABLES[name]: str(value) for name, value in conninfo.items()}}
    begun: dict[str, list[subprocess.Popen[bytes]]] = {}
    silent: dict[str, int] = {}
    try:
        for subject, listed in commands.items():
            begun[subject] = [
                _begin(command, directory / f"{subject}.{number}", env) for number, command in enumerate(listed)
            ]
        _wait([one for each in begun.values() for one in each], params)
        silent = {subject: _silent(subject, directory, processes) for subject, processes in begun.items()}
    finally:
        for one in (one for each in begun.values() for one in each):
            if one.poll() is None:
                # timeout hands it on.
                one.terminate()
            one.wait()
    return {
        **missing,
        **{subject: _found(subject, directory, each, silent[subject]) for subject, each in begun.items()},
    }


def _database(program: str, directory: Path, params: Mapping[str, Any]) -> list[str]:
    files = {"script": str(directory / "script"), "log": str(directory / "transactions")}
    Path(files["script"]).write_text(load.SCRIPT, encoding="utf-8")
    return load.pgbench_command(program, params["clients"], params["seconds"], params["rate"], files)


def _visitors(program: str, directory: Path, params: Mapping[str, Any]) -> list[list[str]]:
    authority = None
    if params["site"].get("authority"):
        authority = str(directory / "authority")
        Path(authority).write_text(params["site"]["authority"], encoding="utf-8")
    one = load.curl_command(program, params["seconds"], params["rate"], params["site"], authority)
    return [one] * params["clients"]


def _begin(command: list[str], path: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    with open(f"{path}.out", "wb") as out, open(f"{path}.err", "wb") as errors:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=env, cwd=path.parent)


def _wait(processes: Sequence[subprocess.Popen[bytes]], params: Mapping[str, Any]) -> None:
    """Until all have ended, or longer than they may take, or it is told to stop. Visitors who wait for slow answers are late."""
    deadline = time.monotonic() + params["seconds"] + load.GRACE
    while any(one.poll() is None for one in processes) and time.monotonic() < deadline:
        if workplace.is_to_stop(params["directory"]):
            return
        time.sleep(0.05)


def _silent(subject: str, directory: Path, processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """How many wait for an answer that does not come. A visitor who is late, and got one just now, does not."""
    since = time.time() - load.ANSWER_SECONDS
    return sum(
        one.poll() is None and not (subject == "site" and _answered_since(directory / f"{subject}.{number}.out", since))
        for number, one in enumerate(processes)
    )


def _answered_since(path: Path, since: float) -> bool:
    status = path.stat()
    return status.st_size > 0 and status.st_mtime > since


def _found(subject: str, directory: Path, processes: Sequence[subprocess.Popen[bytes]], silent: int) -> dict[str, Any]:
    errors = _text(directory.glob(f"{subject}.*.err"))
    if subject == "database":
        figures = load.of_pgbench(_text(directory.glob("transactions.*")), errors)
    else:
        figures = load.of_curl(_text(directory.glob(f"{subject}.*.out")))
    codes = sorted({one.returncode for one in processes} - {0})
    reason = " ".join(errors.split())[:300] or (f"it ended with {codes[0]}" if codes else "")
    if silent:
        figures = load.cut_short(figures, silent)
        reason = f"{silent} of {len(processes)} waited for an answer until they were ended. {reason}".strip()
    return {**figures, **({"reason": reason} if codes and reason else {})}


def _text(paths: Any) -> str:
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(paths))
