# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what no exporter tells of this machine into the node exporter's text files: one file per subject, replaced at once.

A subject that cannot be asked keeps its old file, whose time then gives it away. What is expected to be here stands in
/etc/monitoring/expected, one file per environment.
"""

from __future__ import annotations

import calendar
import contextlib
import csv
import importlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

EXPECTED = Path("/etc/monitoring/expected")
TEXTFILES = Path("/var/lib/prometheus/node-exporter")
CERTIFICATES = Path("/etc/ssl/machine")
APT_LISTS = (Path("/var/lib/apt/periodic/update-success-stamp"), Path("/var/lib/apt/lists/partial"))
# Whatever changes what apt would say.
APT_INPUTS = (Path("/var/lib/dpkg/status"), Path("/etc/apt/apt.conf.d"), Path("/etc/apt/sources.list.d"), *APT_LISTS)
REBOOT_FILE = Path("/run/reboot-required")
BOOT = Path("/boot")
ANSWERS = Path("/run/machine-metrics.json")
SECONDS = 10
REDIS_FIELDS = {"used_memory": "redis_memory_used_bytes", "maxmemory": "redis_memory_max_bytes"}

# Name, labels and value.
Sample = tuple[str, dict[str, str], float]


def ask(*command: str, seconds: int = SECONDS) -> str:
    """What a command prints. Raises subprocess.SubprocessError when it fails or takes longer than so many seconds."""
    words = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=seconds, env=words
    )
    return done.stdout


def container_samples(environment: str, names: Iterable[str], listing: str) -> Iterator[Sample]:
    """Every expected container, also one that is not in `docker ps --all --format '{{.Names}}|{{.State}}|{{.Status}}'`."""
    states = dict(line.split("|", 1) for line in listing.splitlines())
    for name in names:
        state, _separator, status = states.get(name, "").partition("|")
        labels = {"environment": environment, "container": name}
        yield "container_running", labels, float(state == "running")
        yield "container_unhealthy", labels, float("(unhealthy)" in status)


def redis_samples(environment: str, information: str) -> Iterator[Sample]:
    """Redis' own words (INFO memory), or "" when it did not answer."""
    labels = {"environment": environment}
    fields = dict(line.strip().split(":", 1) for line in information.splitlines() if ":" in line)
    yield "redis_up", labels, float("used_memory" in fields)
    for field, name in REDIS_FIELDS.items():
        if field in fields:
            yield name, labels, float(fields[field])


def pool_samples(pools: str) -> Iterator[Sample]:
    """The rows of SHOW POOLS as CSV, or "" when PgBouncer did not answer."""
    yield "pgbouncer_up", {}, float(bool(pools))
    for row in csv.DictReader(pools.splitlines()):
        labels = {"database": row["database"], "user": row["user"]}
        yield "pgbouncer_pools_client_waiting_connections", labels, float(row["cl_waiting"])
        waited = float(row["maxwait"]) + float(row["maxwait_us"]) / 1e6
        yield "pgbouncer_pools_client_maxwait_seconds", labels, waited


def expected() -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(EXPECTED.glob("*.json"))]


def containers() -> Iterator[Sample]:
    wanted = [entry for entry in expected() if entry["containers"]]
    if not wanted:
        return
    listing = ask("docker", "ps", "--all", "--no-trunc", "--format", "{{.Names}}|{{.State}}|{{.Status}}")
    program = importlib.import_module("machine_releases")
    for entry in wanted:
        names = program.released(entry["environment"], entry["containers"])
        yield from container_samples(entry["environment"], names, listing)


def releases() -> Iterator[Sample]:
    program = importlib.import_module("machine_releases")
    for entry in expected():
        # Of the machine itself are containers as well, such as Traefik's.
        if entry["environment"] and entry["containers"]:
            yield from program.samples(entry["environment"])


def redis() -> Iterator[Sample]:
    # The password is in the container's environment: nothing on the machine has to know it.
    script = "REDISCLI_AUTH=$REDIS_PASSWORD redis-cli INFO memory"
    for entry in expected():
        if entry["redis"]:
            try:
                information = ask("docker", "exec", entry["redis"], "sh", "-c", script)
            except subprocess.SubprocessError:
                information = ""
            yield from redis_samples(entry["environment"], information)


def pgbouncer() -> Iterator[Sample]:
    for port in {entry["pgbouncer_port"] for entry in expected()} - {None}:
        # PgBouncer's own Unix user needs no password at its socket.
        command = ["runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--csv", "--host=/var/run/postgresql"]
        command += [f"--port={port}", "--username=pgbouncer", "--dbname=pgbouncer", "--command=SHOW POOLS"]
        try:
            pools = ask(*command)
        except subprocess.SubprocessError:
            pools = ""
        yield from pool_samples(pools)


def certificate() -> Iterator[Sample]:
    """The ends of the machine's own certificates, and of the authority's that all machines trust."""
    for name in ("machine", "client", "ca"):
        path = CERTIFICATES / f"{name}.crt"
        if path.exists():
            words = ask("openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601", "-in", str(path))
            end = float(calendar.timegm(time.strptime(words.strip(), "notAfter=%Y-%m-%d %H:%M:%SZ")))
            if name == "ca":
                # The newest comes first. There are two while it takes the place of the old one.
                yield "machine_authority_not_after_timestamp_seconds", {}, end
                yield "machine_authorities_trusted", {}, float(path.read_text().count("BEGIN CERTIFICATE"))
            else:
                yield "machine_certificate_not_after_timestamp_seconds", {"certificate": name}, end


def updates() -> Iterator[Sample]:
    """Security updates that wait, and a reboot that does. apt takes a second to say that, so it is asked when its answer may be another."""
    changed = [max(path.stat().st_mtime, path.stat().st_ctime) if path.exists() else 0 for path in APT_INPUTS]
    try:
        answer = json.loads(ANSWERS.read_text())
    except (FileNotFoundError, ValueError):
        answer = {}
    if answer.get("of") != changed:
        answer = {"of": changed, **pending()}
        # Who may read what is here may do nothing with it.
        ANSWERS.write_text(json.dumps(answer))
    for by, number in answer["security"].items():
        yield "machine_security_updates_pending", {"by": by}, float(number)
    yield "machine_reboot_required", {}, float(answer["newer_kernel"] or REBOOT_FILE.exists())
    lists = next((path for path in APT_LISTS if path.exists()), None)
    if lists:
        yield "machine_package_lists_timestamp_seconds", {}, lists.stat().st_mtime


def pending() -> dict[str, Any]:
    program = importlib.import_module("machine_updates")
    simulated = ask("apt-get", "--simulate", "--option=APT::Ignore-Hold=true", "dist-upgrade", seconds=40)
    settings = ask("apt-config", "dump", "Unattended-Upgrade::Package-Blacklist")
    excluded = re.findall(r'^Unattended-Upgrade::Package-Blacklist:: "(.*)";$', settings, re.MULTILINE)
    # A container runs with its host's kernel.
    container = subprocess.run(("systemd-detect-virt", "--container", "--quiet"), check=False).returncode == 0
    images = [] if container else [path.name for path in BOOT.glob("vmlinuz-*")]
    return {
        "security": program.security_updates(simulated, excluded),
        "newer_kernel": program.newer_kernel(os.uname().release, images),
    }


def backups() -> Iterator[Sample]:
    for entry in expected():
        for database in entry["backups"]:
            yield "backup_expected", {"environment": entry["environment"], "database": database}, 1.0


def rendered(samples: Iterable[Sample]) -> str:
    """Prometheus' text format, the samples of one metric together."""
    lines: dict[str, list[str]] = {}
    for name, labels, value in samples:
        pairs = ",".join(f"{key}={json.dumps(label)}" for key, label in labels.items())
        lines.setdefault(name, [f"# TYPE {name} gauge"]).append(f"{name}{{{pairs}}} {value:.17g}")
    return "".join(line + "\n" for group in lines.values() for line in group)


def write(subject: str, samples: Iterable[Sample]) -> None:
    stamp = ("machine_metrics_timestamp_seconds", {"subject": subject}, time.time())
    measured = list(samples)
    name = f"machine_{subject}.prom"
    # It belongs to others above, and others may write into it: neither it nor a name in it may be a link that leads elsewhere.
    directory = os.open(TEXTFILES, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if measured:
            replace(name, rendered([*measured, stamp]), directory)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
    finally:
        os.close(directory)


def replace(name: str, text: str, directory: int) -> None:
    # Under a name that nobody knows, until it is complete.
    new = f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
        os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(new, dir_fd=directory)
        raise


def main() -> int:
    failed = False
    for collect in (containers, releases, redis, pgbouncer, certificate, updates, backups):
        try:
            write(collect.__name__, collect())
        except (subprocess.SubprocessError, OSError, ValueError, KeyError, ImportError) as error:
            print(f"{collect.__name__}: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
