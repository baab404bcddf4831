# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The distribution's own lists of package sources, with a mirror in the place of its archive, and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What the line after it was.
_BEFORE = "# Before machine_apt_mirror: "
# Other projects have longer paths, and so has a mirror that somebody wrote there before.
_ARCHIVE = re.compile(r"\bhttps?://[^/\s]+(?=/(?:debian|debian-security|ubuntu|ubuntu-ports)/?(?:\s|$))")
# Debian's images for clouds have lists of mirrors instead.
_LISTED = re.compile(r"\bmirror\+file:/+etc/apt/mirrors/(debian(?:-security)?)\.list(?=\s|$)")
_ANY = re.compile(r"\bhttps?://\S+?(?=/(?:debian|debian-security|ubuntu|ubuntu-ports)/?(?:\s|$))")
_SOURCE = re.compile(r"(?:deb|deb-src)\s|URIs:", re.IGNORECASE)
_FILE, _LINE = "apt file: ", "apt line: "


def changes(said: str, mirror: str) -> dict[str, str]:
    """By its path, what each list has to become; lists that stay are not among them.

    :arg said: what the probe printed: the name of each list, then its lines.
    :arg mirror: what stands before the distribution's own paths; empty for what was there before a mirror.
    """
    return {path: text for path, found in _files(said) if (text := with_mirror(found, mirror)) != found}


def with_mirror(text: str, mirror: str) -> str:
    return "".join(f"{line}\n" for line in _lines(text, mirror.rstrip("/")))


def _lines(text: str, mirror: str) -> Iterator[str]:
    lines = iter(text.removesuffix("\n").split("\n") if text else [])
    for line in lines:
        if not line.startswith(_BEFORE):
            yield from _replaced(line, mirror)
            continue
        before, after = line.removeprefix(_BEFORE), next(lines, None)
        # What somebody wrote in its place since is theirs.
        if after is None or _path(after) == _path(before):
            yield from _replaced(before, mirror)
        else:
            yield from _replaced(after, mirror)


def _path(line: str) -> str:
    """A source without its host, and without what a mirror has before the distribution's path."""
    return _ANY.sub("", _LISTED.sub(r"/\1", line))


def _replaced(line: str, mirror: str) -> Iterator[str]:
    other = line
    if mirror and _SOURCE.match(line):
        other = _ARCHIVE.sub(lambda _found: mirror, line)
        other = _LISTED.sub(lambda found: f"{mirror}/{found[1]}", other)
    if other != line:
        yield f"{_BEFORE}{line}"
    yield other


def _files(said: str) -> Iterator[tuple[str, str]]:
    for part in re.split(rf"^{_FILE}", said, flags=re.MULTILINE)[1:]:
        path, _end, rest = part.partition("\n")
        lines = re.findall(rf"^{_LINE}(.*)$", rest, re.MULTILINE)
        yield path, "".join(f"{line}\n" for line in lines)
