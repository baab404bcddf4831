"""What an Ansible run changed or would change, as Markdown that a comment on GitHub can hold."""

from __future__ import annotations

import re

# GitHub takes 65536 characters: room for two inventories in one comment, in bytes of UTF-8.
LIMIT = 30_000
TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.*)\] \**$")
SECTION = re.compile(r"^(?:PLAY|PLAY RECAP|NO MORE HOSTS LEFT)\b.*\*$")
TOLD = re.compile(r"^(?:changed|fatal|failed|unreachable): \[", re.MULTILINE)
QUIET = re.compile(r"^(?:ok|skipping|included|rescued|\[WARNING\])[: ]")
RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")

# As plugins/module_utils/_restart_list/rows.py writes them.
RESTARTS = re.compile(r"^(?:Restarts, if this runs without --check:|Restarts of this run:|Nothing restarts\.)$")


def restarts(output: str) -> list[str]:
    """The list of what restarts, with its heading; empty where the run did not come to it."""
    found: list[str] = []
    goes_on = False
    for line in output.splitlines():
        if RESTARTS.match(line):
            found, goes_on = [line], True
        elif goes_on := goes_on and line.startswith("- "):
            found.append(line)
    return found


def tasks(output: str) -> list[str]:
    """The tasks that changed or failed, each with its diff."""
    found: list[list[str]] = []
    lines: list[str] = []
    told = True
    for line in output.splitlines():
        if match := TASK.match(line):
            found.append(lines := [f"# {match['name']}"])
            told = True
        elif SECTION.match(line):
            lines = []
        elif line.strip():
            # Indented lines belong to the result, or to the diff, before them.
            told = told if line[0].isspace() else not QUIET.match(line)
            if told:
                lines.append(line.rstrip())
    texts = ["\n".join(lines) for lines in found]
    return [text for text in texts if TOLD.search(text)]


def recap(output: str) -> list[tuple[str, int, int, int]]:
    """(host, ok, changed, failed or unreachable) of the hosts on which a task ran."""
    matches = [match.groups() for line in output.splitlines() if (match := RECAP.match(line))]
    rows = [(host, int(ok), int(changed), int(away) + int(failed)) for host, ok, changed, away, failed in matches]
    return [row for row in rows if any(row[1:])]


def markdown(name: str, output: str, code: int, check: bool, limit: int = LIMIT) -> str:
    """The summary of a run of an inventory with its exit code."""
    hosts = recap(output)
    told = tasks(output)
    changed = sum(row[2] for row in hosts)
    result = f"failed with exit code {code}" if code else f"{changed} {'change' if changed == 1 else 'changes'}"
    lines = [f"### {'Check' if check else 'Converge'} of `{name}`: {result}", ""]
    if hosts:
        lines += ["| host | ok | changed | failed |", "|---|---|---|---|"]
        lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in hosts]
        lines.append("")
    elif code:
        told = told or ["\n".join(output.strip().splitlines()[-20:])]
    if listed := restarts(output):
        lines += [fenced(fitting(listed, limit // 3, "\n"), "text"), ""]
    if told:
        what = "What would change" if check else "What changed"
        lines += [
            f"<details><summary>{what}; on a machine that another inventory owns: what is pending there</summary>",
            "",
        ]
        room = limit - len("\n".join(lines).encode()) - 300
        lines += [fenced(fitting(told, room)), "", "</details>"]
    return "\n".join(lines) + "\n"


def fitting(texts: list[str], room: int, between: str = "\n\n") -> str:
    """As many of the texts as fit, and how many were left out."""
    kept: list[str] = []
    for number, text in enumerate(texts):
        size = len(text.encode()) + len(between)
        if size > room:
            kept.append(text.encode()[: max(room, 0)].decode(errors="ignore").rstrip())
            kept.append(f"# cut here, {len(texts) - number - 1} more: see the log of the run")
            break
        kept.append(text)
        room -= size
    return between.join(kept)


def fenced(text: str, language: str = "diff") -> str:
    """A code block with a fence longer than any in the text."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+|$", text)))
    return f"{fence}{language}\n{text}\n{fence}"
