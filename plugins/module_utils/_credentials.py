# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of NAME=value secrets as a shell reads it: parsed, reconciled and rendered. Pure but for the random numbers."""

from __future__ import annotations

import re
import secrets as randomness
import string
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from ansible.module_utils.parsing.convert_bool import boolean

# Neither a shell, nor a URL, nor a connection string needs quotes around these.
ALPHABET = string.ascii_letters + string.digits
DEFAULT_LENGTH = 32
SHORTEST = 16

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9._/+=:@-]+")
_ASSIGNMENT = re.compile(r"([ \t]*(?:export[ \t]+)?)([A-Za-z_][A-Za-z0-9_]*)[ \t]*=")
# One piece of a shell word: 'literal', "with escapes", \x, or plain. A shell would expand $, ` and a leading ~, and end
# the word at what else is missing in the last one.
_PIECE = re.compile(r"""'([^']*)'|"((?:[^"\\$`]|\\.)*)"|\\(.)|((?:[^\s'"\\$`;&|<>()~]|(?<![=:])~)+)""", re.DOTALL)
_TAIL = re.compile(r"[ \t]*|[ \t]+#.*")


class CredentialsError(ValueError):
    """The file or the request is malformed; the message tells where, never a value."""


class Line:
    """A line of the file; one without a name is kept as it is."""

    def __init__(
        self, text: str, name: str | None = None, value: str | None = None, lead: str = "", tail: str = ""
    ) -> None:
        self.text, self.name, self.value, self.lead, self.tail = text, name, value, lead, tail

    def assign(self, value: str) -> None:
        self.value = value
        self.text = f"{self.lead}{self.name}={quote(value)}{self.tail}"


class Reconciled(TypedDict):
    """What the file has to be, and what changes in it.

    ``secrets``: value of each wanted one, or None. ``names``: those in the file before.
    """

    text: str
    secrets: dict[str, str | None]
    generated: list[str]
    updated: list[str]
    names: list[str]


def parse(text: str) -> list[Line]:
    """The lines of a file.

    :raises CredentialsError: naming the first line that is an assignment but cannot be read as one.
    """
    body = text[:-1] if text.endswith("\n") else text
    return [_line(number, line) for number, line in enumerate(body.split("\n"), 1)] if text else []


def quote(value: str) -> str:
    """A value as a shell reads it back."""
    return value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "'\\''") + "'"


def reconcile(text: str, wanted: Mapping[str, Any], random: Callable[[int], str] | None = None) -> Reconciled:
    """What the file has to be.

    :arg text: the file's content.
    :arg wanted: name to a dict with ``value``, ``generate`` and ``length``, each of which may be missing or None.
    :arg random: function from a length to a secret.
    :raises CredentialsError: with nothing decided.
    """
    requests = {name: _request(name, request) for name, request in wanted.items()}
    lines = parse(text)
    present: dict[str, Line] = {}
    for number, line in enumerate(lines, 1):
        if line.name in requests and line.name in present:
            raise CredentialsError(f"line {number}: {line.name} is set a second time; remove one of the two lines")
        if line.name:
            present[line.name] = line
    result: Reconciled = {"text": text, "secrets": {}, "generated": [], "updated": [], "names": list(present)}
    for name, (value, length) in requests.items():
        assignment = present.get(name)
        # An empty value is a place to be filled in.
        kept = (assignment.value if assignment else None) or None
        if value is None and kept is None and length:
            value = (random or generate)(length)
            result["generated"].append(name)
        elif value is not None and value != kept:
            result["updated"].append(name)
        result["secrets"][name] = kept if value is None else value
        if value is not None and value != kept:
            if assignment is None:
                assignment = Line("", name)
                lines.append(assignment)
            assignment.assign(value)
    if result["generated"] or result["updated"]:
        result["text"] = "".join(line.text + "\n" for line in lines)
    return result


def generate(length: int) -> str:
    """A new secret."""
    return "".join(randomness.choice(ALPHABET) for dummy in range(length))


def _line(number: int, text: str) -> Line:
    match = _ASSIGNMENT.match(text)
    if not match:
        return Line(text)
    lead, name = match.groups()
    value, tail = _word(text, match.end())
    if match.group() != f"{lead}{name}=" or not _TAIL.fullmatch(tail):
        raise CredentialsError(
            f"line {number}: the value of {name} is not one plain, single- or double-quoted shell word right "
            "after the =. Quote it, one line for each value"
        )
    return Line(text, name, value, lead, tail)


def _word(text: str, position: int) -> tuple[str, str]:
    """(the value that a shell reads from there on, what follows it)."""
    value = ""
    while True:
        piece = _PIECE.match(text, position)
        if not piece:
            return value, text[position:]
        single, double, escaped, plain = piece.groups()
        if double is not None:
            value += re.sub(r'\\(["\\$`])', r"\1", double)
        else:
            value += next(part for part in (single, escaped, plain) if part is not None)
        position = piece.end()


def _request(name: str, request: object) -> tuple[str | None, int | None]:
    """(value or None, length to generate or None) of one wanted secret."""
    if not _NAME.fullmatch(name):
        raise CredentialsError(f"secret name {name!r}: expected letters, digits and _, not beginning with a digit")
    request = request or {}
    if not isinstance(request, dict):
        raise CredentialsError(f"secret {name}: expected a dict with value, generate and length")
    unknown = sorted(set(request) - {"value", "generate", "length"})
    if unknown:
        raise CredentialsError(f"secret {name}: {', '.join(unknown)} is not known, expected value, generate or length")
    value = request.get("value")
    value = None if value in (None, "") else str(value)
    if value is not None and re.search(r"[\n\r\0]", value):
        raise CredentialsError(f"secret {name}: its value has a line break or a null character, expected one line")
    try:
        generate_it = boolean(request.get("generate", True))
        length = int(request.get("length") or DEFAULT_LENGTH)
    except (TypeError, ValueError):
        raise CredentialsError(f"secret {name}: expected generate to be a boolean and length a number") from None
    if length < SHORTEST:
        raise CredentialsError(f"secret {name}: length is {length}, expected {SHORTEST} or more")
    return value, length if generate_it else None
