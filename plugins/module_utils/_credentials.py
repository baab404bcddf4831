# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of NAME=value secrets as a shell reads it: parsed, reconciled and rendered. Pure but for the random numbers."""

from __future__ import annotations

import re
import secrets as randomness
import string

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

    def __init__(self, text, name=None, value=None, lead="", tail=""):
        self.text, self.name, self.value, self.lead, self.tail = text, name, value, lead, tail

    def assign(self, value):
        self.value = value
        self.text = f"{self.lead}{self.name}={quote(value)}{self.tail}"


def parse(text):
    """The lines of a file.

    :raises CredentialsError: naming the first line that is an assignment but cannot be read as one.
    """
    body = text[:-1] if text.endswith("\n") else text
    return [_line(number, line) for number, line in enumerate(body.split("\n"), 1)] if text else []


def quote(value):
    """A value as a shell reads it back."""
    return value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "'\\''") + "'"


def reconcile(text, wanted, random=None):
    """What the file has to be.

    :arg text: the file's content.
    :arg wanted: name to a dict with ``value``, ``generate`` and ``length``, each of which may be missing or None.
    :arg random: function from a length to a secret.
    :returns: dict with ``text``, ``secrets`` (name to value or None), ``generated``, ``updated`` and ``names``, those in
        the file before.
    :raises CredentialsError: with nothing decided.
    """
    wanted = {name: _request(name, request) for name, request in wanted.items()}
    lines = parse(text)
    present = {}
    for number, line in enumerate(lines, 1):
        if line.name in wanted and line.name in present:
            raise CredentialsError(f"line {number}: {line.name} is set a second time; remove one of the two lines")
        if line.name:
            present[line.name] = line
    result = {"secrets": {}, "generated": [], "updated": [], "names": list(present)}
    for name, (value, length) in wanted.items():
        line = present.get(name)
        # An empty value is a place to be filled in.
        kept = (line.value if line else None) or None
        if value is None and kept is None and length:
            value = (random or generate)(length)
            result["generated"].append(name)
        elif value is not None and value != kept:
            result["updated"].append(name)
        result["secrets"][name] = kept if value is None else value
        if value is not None and value != kept:
            if line is None:
                line = Line("", name)
                lines.append(line)
            line.assign(value)
    changed = result["generated"] or result["updated"]
    result["text"] = "".join(line.text + "\n" for line in lines) if changed else text
    return result


def generate(length):
    """A new secret."""
    return "".join(randomness.choice(ALPHABET) for dummy in range(length))


def _line(number, text):
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


def _word(text, position):
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


def _request(name, request):
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
