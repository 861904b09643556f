"""Dates with what happens then, and the nearest one ahead that bears a harm: the message's deadline."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from triage.core.facts.dates import FoundDate, find_dates
from triage.core.facts.events import Happening, event_at, events_in
from triage.core.facts.passage import Passage, Pattern, passages
from triage.core.facts.record import DateMentioned, Event
from triage.core.facts.wishes import is_invitation, is_own_wish
from triage.core.message import DateSource, Language, Message

_FAR = 150  # days: what is farther away presses nobody yet
_WAY = 7  # days that a journey may come before what it leads to
_BESIDE = 60  # characters between two ways of naming one day: "the Friday flight, 15 May"

# A journey that is hoped for or held, rather than fixed: the harm is what it would come too late for.
_HOPED = Pattern(
    r"\b(?:needs?|would|should|so that|last|available|might|can|could|held|s'ils?|s'elles?|si|faut|faudrait|devrait|afin"
    r"|pour que|dernier|disponible)\b"
)
_REPLY = re.compile(rb"\s*(?:re|fwd?|tr|ref|aw|wg)\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRead:
    """A date that a message mentions, and what else its words tell."""

    mention: DateMentioned
    firm: bool  # a day is named
    bare: bool  # only "Monday", "tomorrow", "the 14th", and nothing is said to happen then
    is_means: bool  # only of the way to something else


def read_dates(message: Message, zone: ZoneInfo, languages: Sequence[Language]) -> list[DateRead]:
    """All dates of the subject and the newest text, in order, relative to the message's own date.

    The date is taken in the zone that the message was written in; `zone`, the office's, where only the server knows
    when it came. A message without any date has none. `languages` are the office's, the first its usual one.
    """
    now = _written_at(message, zone)
    if now is None:
        return []
    day_first = _is_day_first(message, now, languages)
    parts = list(passages(message, "subject", "newest"))
    invites = any(is_invitation(part) for part in parts)
    return [one for part in parts for one in _of_passage(part, now, day_first=day_first, invites=invites)]


def nearest_deadline(dates: Sequence[DateRead]) -> DateMentioned | None:
    """Choose the nearest date ahead on which something happens, and which is not only the sender's own wish.

    A bare or vague one is taken only where there is no other; a journey gives way to what it leads to.
    """
    wished = {one.mention.date for one in dates if one.mention.demanded and not one.mention.event}
    ahead = [
        one
        for one in dates
        if 0 <= one.mention.days_away <= _FAR
        and not (one.mention.past or one.mention.demanded)
        and (one.mention.event or (one.firm and one.mention.date not in wished))
    ]
    ends = [one.mention.days_away for one in ahead if one.firm and not one.is_means]
    ahead = [
        one for one in ahead if not (one.is_means and any(0 < end - one.mention.days_away <= _WAY for end in ends))
    ]
    best = min(ahead, key=lambda one: (one.bare or not one.firm, one.mention.days_away), default=None)
    return best.mention if best else None


def _of_passage(passage: Passage, now: datetime, *, day_first: bool, invites: bool) -> Iterator[DateRead]:
    dates = list(find_dates(passage, now, day_first=day_first))
    if passage.where == "subject" and _REPLY.match(passage.plain):
        dates = [one for one in dates if one.full]  # "tomorrow" was told from an older message's date
    events = events_in(passage) if dates else []
    for one in dates:
        sentence = passage.sentence(one.start, one.end)
        happening = event_at(events, sentence, one.start, one.end)
        day = _day_beside(one, dates)
        away = (day - now.date()).days
        wish = is_own_wish(
            passage,
            sentence,
            one.start,
            one.end,
            what_happens=happening.distance if happening else None,
            vague=one.vague,
        )
        mention = DateMentioned(
            date=day,
            days_away=away,
            event=happening.event if happening else None,
            past=one.past,
            # "today" and "in two weeks" are said of many things: only words that point ahead make them more
            demanded=invites or wish or ((one.vague or away == 0) and not one.ahead),
            span=passage.span(one.start, one.end),
        )
        yield DateRead(
            mention=mention,
            firm=not one.vague,
            bare=not one.full and happening is None,
            is_means=happening is not None and _is_means(passage, sentence, one, happening),
        )


def _day_beside(one: FoundDate, dates: Sequence[FoundDate]) -> date:
    """The day itself, or for a bare weekday that of the full date beside it which falls on one."""
    if one.full or one.vague:
        return one.date
    beside = (other for other in dates if other.full and not other.past and abs(other.start - one.start) < _BESIDE)
    return next((other.date for other in beside if other.date.weekday() == one.date.weekday()), one.date)


def _is_means(passage: Passage, sentence: tuple[int, int], one: FoundDate, happening: Happening) -> bool:
    if happening.event is not Event.TRAVEL:
        return False
    begins, ends = max(sentence[0], one.start - 90), min(sentence[1], one.end + 20)
    return happening.is_means or _HOPED.find(passage.plain, begins, ends) is not None


def _written_at(message: Message, zone: ZoneInfo) -> datetime | None:
    when = message.date or message.received_at
    if when is None:
        return None
    return when if message.date and message.date_source is not DateSource.INTERNALDATE else when.astimezone(zone)


def _is_day_first(message: Message, now: datetime, languages: Sequence[Language]) -> bool:
    """Month first is a habit of English writers in North America."""
    if message.language in {Language.FRENCH, Language.MIXED} or (languages and languages[0] is Language.FRENCH):
        return True
    return (now.utcoffset() or timedelta()) > timedelta(hours=-3)
