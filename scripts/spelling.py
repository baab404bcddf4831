"""Words of the pages in Portuguese that neither the dictionary nor the project's own list knows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PAGES = Path("docs/pt-BR")
GLOSSARY = Path("docs/glossary.md")
# Terms that engineers use in English, and names, in small letters.
KNOWN = Path(".config/spelling-pt-BR.txt")
# The second and the fourth column of the glossary are Portuguese.
COLUMNS = (1, 3)
# What is quoted is what a program says, in English.
NO_PROSE = re.compile(r"`[^`\n]*`|\]\([^)]*\)|\"[^\"\n]*\"|<!--.*?-->")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def main() -> int:
    known = set(KNOWN.read_text().split())
    said = [
        (f"{path}:{number}", line) for path in sorted(PAGES.rglob("*.md")) for number, line in prose(path.read_text())
    ]
    said += [(f"{GLOSSARY}:{number}", line) for number, line in portuguese(GLOSSARY.read_text())]
    used = {word for _place, line in said for word in words(line)}
    unknown = {word for word in unknown_of(used) if word.lower() not in known}
    for place, line in said:
        for word in words(line):
            if word in unknown:
                print(f"{place}: {word}")
    if unused := sorted(known - {word.lower() for word in used}):
        print(f"{KNOWN}: no page has {', '.join(unused)}")
    return 1 if unknown or unused else 0


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside of blocks of code, with their numbers, without code, targets of links and quotations."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith("```"):
            inside = not inside
        elif not inside and not line.startswith("[English]"):
            yield number, NO_PROSE.sub(" ", line)


def portuguese(text: str) -> Iterator[tuple[int, str]]:
    """The columns of the glossary that are Portuguese."""
    for number, line in prose(text):
        cells = line.strip("|").split("|")
        if len(cells) == 4:
            yield number, " ".join(cells[column] for column in COLUMNS)


def words(line: str) -> list[str]:
    """Those of a line. What has a capital letter inside is a name, such as that of an alert."""
    return [word for word in WORD.findall(line) if not re.search(r"[a-z][A-Z]", word)]


def unknown_of(used: set[str]) -> set[str]:
    """Those that the dictionary does not know."""
    done = subprocess.run(
        ["hunspell", "-d", "pt_BR", "-i", "utf-8", "-l"],
        input="\n".join(sorted(used)),
        capture_output=True,
        text=True,
        check=True,
    )
    return {word for word in used if {*done.stdout.split()} & {word, *word.split("-")}}


if __name__ == "__main__":
    sys.exit(main())
