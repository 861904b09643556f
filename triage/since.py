"""Reads what people write for "since when"."""

import re
from datetime import UTC, datetime, timedelta

from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError

_AGO = re.compile(r"(\d{1,4})([dhy])")


def since_when(text: str, *, now: datetime | None = None) -> datetime:
    """An aware time: "2026-11-20" (its beginning, UTC), "2026-11-20T09:30+05:30", "7d" or "12h" before now.

    Raises ConfigurationError for anything else.
    """
    if ago := _AGO.fullmatch(text.strip()):
        unit = {"y": timedelta(days=365), "d": timedelta(days=1), "h": timedelta(hours=1)}[ago[2]]
        return (now or datetime.now(UTC)) - int(ago[1]) * unit
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError as error:
        expected = f"'{text}' is not a time; expected 2026-11-20, 2026-11-20T09:30+00:00, 7d or 12h"
        raise ConfigurationError([Problem(file="--since", message=expected)]) from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)
