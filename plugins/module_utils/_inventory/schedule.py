# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calendar expressions, as systemd's timers take them. Pure: a controller need not have systemd."""

from __future__ import annotations

import re

_WORDS = re.compile("minutely|hourly|daily|monthly|weekly|yearly|quarterly|(semi|bi)-?annually|annually", re.IGNORECASE)
_DAY = r"(mon(day)?|tue(sday)?|wed(nesday)?|thu(rsday)?|fri(day)?|sat(urday)?|sun(day)?)"
_DAYS = re.compile(rf"{_DAY}((\.\.|-){_DAY})?(,{_DAY}((\.\.|-){_DAY})?)*,?", re.IGNORECASE)
_NUMBERS = r"(\*|\d+(\.\.\d+)?)(/\d+)?(,(\*|\d+(\.\.\d+)?)(/\d+)?)*"
_DATE = re.compile(rf"({_NUMBERS}-)?{_NUMBERS}[-~]{_NUMBERS}")
_FRACTION = r"(\*|\d+(\.\d{1,6})?(\.\.\d+(\.\d{1,6})?)?)(/\d+(\.\d{1,6})?)?"
_TIME = re.compile(rf"{_NUMBERS}:{_NUMBERS}(:{_FRACTION}(,{_FRACTION})*)?")
# Which zones there are, the machine knows.
_ZONE = re.compile(r"utc|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
# The numbers of each part, from the left.
_RANGES = {"date": ((0, 9999), (1, 12), (1, 31)), "time": ((0, 23), (0, 59), (0, 59))}


def is_calendar(text: object) -> bool:
    """Whether it says when, such as ``Mon..Fri *-*-* 02:30:00`` or ``daily``; a time zone may follow."""
    words = str(text).split()
    if len(words) > 1 and _ZONE.fullmatch(words[-1]) and not _DAYS.fullmatch(words[-1]):
        words = words[:-1]
    if len(words) == 1 and _WORDS.fullmatch(words[0]):
        return True
    rest = list(words)
    if rest and _DAYS.fullmatch(rest[0]):
        rest = rest[1:]
    if rest and _DATE.fullmatch(rest[0]) and _in_range(rest[0], re.compile("[-~]"), _RANGES["date"]):
        rest = rest[1:]
    if rest and _TIME.fullmatch(rest[0]) and _in_range(rest[0], re.compile(":"), _RANGES["time"]):
        rest = rest[1:]
    return bool(words) and not rest


def _in_range(word: str, separator: re.Pattern[str], ranges: tuple[tuple[int, int], ...]) -> bool:
    parts = separator.split(word)
    # A date may lack its year, a time its seconds.
    limits = ranges[len(ranges) - len(parts) :] if ranges is _RANGES["date"] else ranges
    return all(
        least <= int(number) <= most
        for part, (least, most) in zip(parts, limits)
        for number in re.findall(r"\d+", re.sub(r"/\d+(\.\d+)?|(?<=\d)\.\d+(?!\.)", "", part))
    )
