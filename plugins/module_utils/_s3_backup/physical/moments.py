# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as people write them: with a zone, so that there is exactly one. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import UsageError

_FORM = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?|[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)+)?"
)
_EXPECTED = (
    "expected one such as 2026-01-31T15:06:59+01:00, 2026-01-31T14:06:59Z or '2026-01-31 15:06:59 Europe/Berlin'"
)


def moment(text: str) -> datetime:
    """The moment in UTC.

    :raises UsageError: where it has no zone, or where clocks were set forward or back at that time, with what could be meant.
    """
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise UsageError(f"{text!r} is no moment, {_EXPECTED}")
    try:
        local = datetime.fromisoformat(f"{match['day']}T{_padded(match['time'])}")
    except ValueError as error:
        raise UsageError(f"{text!r} is no moment ({error}), {_EXPECTED}") from error
    zone = match["zone"]
    if zone is None:
        raise UsageError(f"{text!r} has no zone, so it is another moment in each country: {_EXPECTED}")
    return _in_zone(text, local, zone).astimezone(timezone.utc)


def shown(found: datetime) -> str:
    """As it can be given again."""
    text = found.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{text.rstrip('0').rstrip('.')}Z"


def for_postgres(found: datetime) -> str:
    return found.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f+00")


def _in_zone(text: str, local: datetime, zone: str) -> datetime:
    if zone in ("Z", "UTC"):
        return local.replace(tzinfo=timezone.utc)
    if zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
        if hours > 15 or minutes > 59:
            raise UsageError(f"{text!r} has an offset that no country has, {_EXPECTED}")
        offset = timedelta(hours=hours, minutes=minutes)
        return local.replace(tzinfo=timezone(offset if zone[0] == "+" else -offset))
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f"{text!r}: the time zone {zone} is not known here, {_EXPECTED}") from error
    first, second = (local.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    # The same clock time twice when clocks are set back; none when they are set forward.
    both = " or ".join(shown(one) for one in sorted((first, second), key=lambda one: one.astimezone(timezone.utc)))
    there = first.astimezone(timezone.utc).astimezone(place).replace(tzinfo=None) == local
    raise UsageError(
        f"{text!r} is there twice, since clocks were set back: say which one, {both}"
        if there
        else f"{text!r} was never there, since clocks were set forward: say what you mean, {both}"
    )


def _padded(time: str) -> str:
    """Python before 3.11 takes three or six digits of a second only."""
    whole, _point, fraction = time.partition(".")
    return f"{whole}.{fraction:0<6}" if fraction else whole
