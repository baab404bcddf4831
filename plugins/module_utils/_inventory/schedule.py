# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calendar expressions, as systemd's timers take them. Pure: a controller need not have systemd."""

from __future__ import annotations

import re
from decimal import Decimal

_WORDS = re.compile("minutely|hourly|daily|monthly|weekly|yearly|quarterly|(semi|bi)-?annually|annually", re.IGNORECASE)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = r"(mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_DAYS = re.compile(rf"{_DAY}(?:(?:\.\.|-){_DAY})?", re.IGNORECASE)
# Which zones there are, the machine knows.
_ZONE = re.compile(r"utc|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
# What stands between the commas of a part. Only what begins with a number is repeated: 0/2, not */2.
_ENTRY = re.compile(r"(N)(?:\.\.(N))?(?:/(N))?".replace("N", r"\d+(?:\.\d+)?"))
# The least and the greatest number of each part. Seconds are counted in millionths.
_MILLION = 1_000_000
_YEAR, _MONTH, _DATE, _DATE_FROM_THE_END = (1970, 2199), (1, 12), (1, 31), (1, 28)
_HOUR, _MINUTE, _SECOND = (0, 23), (0, 59), (0, 59_999_999)


def is_calendar(text: object) -> bool:
    """Whether it says when, such as ``Mon..Fri *-*-* 02:30:00`` or ``daily``; a time zone may follow."""
    words = str(text).split()
    if len(words) > 1 and _ZONE.fullmatch(words[-1]) and not _is_days(words[-1]):
        words = words[:-1]
    if len(words) == 1 and _WORDS.fullmatch(words[0]):
        return True
    rest = list(words)
    for is_one in (_is_days, _is_date, _is_time):
        if rest and is_one(rest[0]):
            rest = rest[1:]
    return bool(words) and not rest


def _is_days(word: str) -> bool:
    """Days of the week and ranges of them; a range does not go over Sunday."""
    ranges = [_DAYS.fullmatch(part) for part in re.sub(",$", "", word).split(",")]
    return all(
        found and (not found[2] or _WEEK.index(found[1][:3].lower()) <= _WEEK.index(found[2][:3].lower()))
        for found in ranges
    )


def _is_date(word: str) -> bool:
    """A month and its day, before them the year or not; days behind ``~`` are counted from the end of the month."""
    backwards = "~" in word
    parts = re.split("[-~]", word)
    if len(parts) not in (2, 3) or (backwards and "~" not in word[: -len(parts[-1])][-1:]):
        return False
    limits = [_YEAR, _MONTH, _DATE_FROM_THE_END if backwards else _DATE][-len(parts) :]
    return word.count("~") < 2 and all(map(_fits, parts, limits))


def _is_time(word: str) -> bool:
    parts = word.split(":")
    return len(parts) in (2, 3) and all(map(_fits, parts, (_HOUR, _MINUTE, _SECOND)))


def _fits(part: str, limits: tuple[int, int]) -> bool:
    return part == "*" or all(_entry_fits(_ENTRY.fullmatch(entry), limits) for entry in part.split(","))


def _entry_fits(found: re.Match[str] | None, limits: tuple[int, int]) -> bool:
    """Whether the numbers exist, a range does not run backwards, and what has no end is repeated at least once."""
    if not found or (limits != _SECOND and re.search(r"\d\.\d", found[0])):
        return False
    start, step = _counted(found[1], limits), _step(found[3], limits)
    least, most = limits
    if not least <= start <= most or step == 0:
        return False
    if found[2] is None:
        return step is None or step <= (start - least if limits == _DATE_FROM_THE_END else most - start)
    stop, one = _counted(found[2], limits), _MILLION if limits == _SECOND else 1
    # The last that the steps reach counts. Without a step, a range of seconds is one of whole seconds.
    last = stop - (stop - start) % (step or one)
    return start <= stop and last <= most and (limits != _SECOND or step is not None or start + one <= stop)


def _counted(number: str, limits: tuple[int, int]) -> int:
    if limits == _SECOND:
        return round(Decimal(number) * _MILLION)
    century = 2000 if int(number) < 70 else 1900
    return int(number) + (century if limits == _YEAR and int(number) < 100 else 0)


def _step(number: str | None, limits: tuple[int, int]) -> int | None:
    if number is None:
        return None
    return round(Decimal(number) * _MILLION) if limits == _SECOND else int(number)
