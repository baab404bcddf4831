# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plannerate-logs: search the logs of all machines. Runs on the log server.

QUERY is LogsQL, with these labels beside the journal's fields: machine (by its certificate), service (of a container, else the unit or
the program), environment (of a container, a backup or a request), level (emerg, alert, critical, error, warning, notice, info, debug); of
what PostgreSQL says sqlstate, user, database, duration and query. For instance 'level:in(error,critical) environment:=production',
'service:=app timeout', 'database:=shop duration:>5s', '* | stats by (machine, service) count()'.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

CONFIGURATION = Path("/etc/logs/search.json")
SINCE = re.compile(r"[1-9][0-9]*[smhdw]")
SECONDS = 60

# What PostgreSQL itself says, as the settings of the role postgres for a log server let it: all of its words are one line of the journal.
# Of a process that ended right after it journald may not find the unit any more.
POSTGRES = 'SYSLOG_IDENTIFIER:=postgres (_SYSTEMD_UNIT:="postgresql@"* or !_SYSTEMD_UNIT:*)'
POSTGRES_PREFIX = r"^\S+ \S+ \S+ \[\d+\] "
POSTGRES_WORDS = (
    rf"(?s){POSTGRES_PREFIX}(?P<sqlstate>\w{{5}}) (?:(?P<user>[^@]*)@(?P<database>\S*) \S* )?\S+:  "
    r"(?:duration: (?P<duration>[0-9.]+) ms)?"
    r"(?:.*?\b(?:statement|(?:parse|bind|execute) [^:]+|STATEMENT):\s+(?P<query>.*))?"
)


def labels(configuration: Mapping[str, Any]) -> list[str]:
    """The pipes of LogsQL that give each line its service and environment.

    They are made when somebody searches: VictoriaLogs keeps what the journal says, and the journal knows containers and units.
    """
    prefix, suffixes = re.escape(configuration["container_prefix"]), dict(configuration["suffixes"])
    named = {suffix or name: name for name, suffix in suffixes.items()}
    request = f'"RouterName":"(?P<request_environment>{one_of(suffixes)})-'
    # Each has a field of its own until the end: v1.52.1 gives a line the value of another one where it has to keep what is there.
    extracted = {
        f"^{prefix}-(?P<stack_service>.+?)-(?P<stack_environment>{one_of(named)})(-.*)?$": "CONTAINER_NAME",
        f"^{prefix}-(?P<container>.+)$": "CONTAINER_NAME",
        f"^plannerate-[a-z-]+@(?P<job_environment>{one_of(suffixes)})[.]service$": "_SYSTEMD_UNIT",
        "^(?P<unit>.+)[.]service$": "_SYSTEMD_UNIT",
    }
    return [
        *(f"extract_regexp {json.dumps(pattern)} from {field}" for pattern, field in extracted.items()),
        f"extract_regexp if (container:=traefik) {json.dumps(request)} from _msg",
        f"extract_regexp if ({POSTGRES}) {json.dumps(POSTGRES_WORDS)} from _msg",
        'format if (duration:*) "<duration>ms" as duration',
        *(
            f"format if (stack_environment:={json.dumps(suffix)}) {json.dumps(name)} as stack_environment"
            for suffix, name in named.items()
            if suffix != name
        ),
        "coalesce(stack_environment, job_environment, request_environment) as environment",
        "coalesce(stack_service, container, CONTAINER_NAME, unit, SYSLOG_IDENTIFIER) as service",
        "delete stack_service, stack_environment, container, job_environment, request_environment, unit",
    ]


def one_of(names: Iterable[str]) -> str:
    """Longer ones first; nothing is one of none."""
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True)) or "[^a-z-]"


def whole_query(query: str, configuration: Mapping[str, Any]) -> str:
    """What somebody asks, behind the labels, so that it can ask for them."""
    return " | ".join(["*", *labels(configuration), f"filter {query}"])


def ask(url: str, path: str, seconds: int = SECONDS, **parameters: str) -> Iterator[dict[str, Any]]:
    """The lines of an answer of VictoriaLogs, as they come.

    :arg seconds: for which it may say nothing.
    """
    data = urllib.parse.urlencode(parameters).encode()
    # An answer that follows goes on for ever.
    with urllib.request.urlopen(
        f"{url}/select/logsql/{path}", data, timeout=None if path == "tail" else seconds
    ) as answer:
        for line in answer:
            if line.strip():
                yield json.loads(line)


def printable(text: str) -> str:
    """Without what a terminal would obey: anybody can write to a log."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def shown(entry: Mapping[str, Any]) -> str:
    """A line of the log, or a row of what a query counted."""
    if "_msg" not in entry or "_time" not in entry:
        return printable("  ".join(f"{name}={value}" for name, value in entry.items()))
    where = "/".join(filter(None, (entry.get("environment"), entry.get("service") or "-")))
    return printable(
        f"{entry['_time'][:23]} {entry.get('machine', '-')} {where} {entry.get('level', '-')}: {entry['_msg'].rstrip()}"
    )


def found(options: argparse.Namespace, configuration: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    query = whole_query(options.query, configuration)
    if options.follow:
        return ask(configuration["url"], "tail", query=query, start_offset=options.since)
    entries = list(
        ask(configuration["url"], "query", query=query, start=f"now-{options.since}", limit=str(options.lines))
    )
    # The newest ones, in any order.
    return sorted(entries, key=lambda entry: entry.get("_time", ""))


def since(text: str) -> str:
    if not SINCE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number with s, m, h, d or w, such as 15m or 2d")
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="plannerate-logs", description=__doc__)
    parser.add_argument("query", nargs="?", default="*", help="LogsQL; all lines if it is missing")
    parser.add_argument("--since", type=since, default="1h", help="how far back: 15m, 2h (default: 1h), 3d")
    parser.add_argument("--lines", type=int, default=1000, help="at most so many, the newest ones (default: 1000)")
    parser.add_argument("--follow", action="store_true", help="and every new line, some seconds after it was written")
    parser.add_argument("--json", action="store_true", help="every field, one object a line")
    options = parser.parse_args(arguments)
    try:
        for entry in found(options, json.loads(CONFIGURATION.read_text())):
            print(json.dumps(entry) if options.json else shown(entry), flush=options.follow)
    except urllib.error.HTTPError as error:
        print(
            f"VictoriaLogs refuses this query: {printable(error.read().decode(errors='replace').strip())}",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:
        # Whoever reads has had enough. Nothing is written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"VictoriaLogs does not answer ({error}). See journalctl -u victoria-logs", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
