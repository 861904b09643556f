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
_PLANNED = 300  # days: what is fixed long before may be named as far away
_FIXED_EARLY = {Event.CEREMONY, Event.TRAVEL, Event.DEADLINE}
# What cannot be had again: the first of them is the matter, whatever comes after it.
_IMMOVABLE = {Event.DEADLINE, Event.DEATH, Event.CEREMONY, Event.REMOVAL, Event.SURGERY}
# A fixed flight is in time for what expires, not before it: missing it is the harm.
_LEFT_BEHIND = {Event.EXPIRY, Event.TRAVEL, None}
_WAY = 7  # days that a journey may come before what it leads to
_CLEAR = 60  # characters within which a word surely tells of a date
_BESIDE = 60  # characters between two ways of naming one day: "the Friday flight, 15 May"

# A journey that is hoped for or held, rather than fixed: the harm is what it would come too late for.
_HOPED = Pattern(
    r"\b(?:needs?|would|should|so that|last|available|might|can|could|held|if|s'ils?|s'elles?|si|faut|faudrait|devrait|afin"
    r"|pour que|dernier|disponible)\b"
)
_FIXED = Pattern(
    r"\b(?:non[- ]?(?:refundable|changeable|transferable|echangeables?|remboursables?)|(?:is|are|were) (?:booked|paid|bought)|(?:est|sont) (?:reserve|paye|achete)\w*)\b"
)
_REPLY = re.compile(rb"\s*(?:re|fwd?|tr|ref|aw|wg)\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRead:
    """A date that a message mentions, and what else its words tell."""

    mention: DateMentioned
    firm: bool  # a day is named
    bare: bool  # only "Monday", "tomorrow", "the 14th", and nothing is said to happen then
    is_means: bool  # only of the way to something else
    is_clear: bool  # a word near it tells what happens then, and is not said of harmless things as well


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


def likely_deadline(dates: Sequence[DateRead]) -> DateRead | None:
    """Choose the nearest date ahead on which something happens, and which is not only the sender's own wish.

    A bare or vague one is taken only where there is no other; a journey gives way to what it leads to.
    """
    wished = {one.mention.date for one in dates if one.mention.demanded and not one.mention.event}
    ahead = [
        one
        for one in dates
        if 0 <= one.mention.days_away <= (_PLANNED if one.mention.event in _FIXED_EARLY else _FAR)
        and not (one.mention.past or one.mention.demanded)
        and (one.mention.event or (one.firm and one.mention.date not in wished))
    ]
    ahead = [one for one in ahead if not _gives_way(one, ahead)]
    return min(ahead, key=_weight, default=None)


def is_sure(best: DateRead, dates: Sequence[DateRead]) -> bool:
    """Whether the words leave no other reading of which date matters: what rules and replies may rely on.

    A day is named, a clear word tells what happens then, and no other coming day stands in its way.
    """
    if not (best.firm and best.is_clear):
        return False
    same_day = [one.mention.span for one in dates if one.mention.date == best.mention.date]
    rivals = [one for one in dates if one.mention.span not in same_day and _rivals(one, best)]  # no range's end
    if any(_is_before(one, best) or one.mention.span.where == "subject" for one in rivals):
        return False
    return not rivals or best.mention.event in _IMMOVABLE or len(same_day) > 1


def _rivals(one: DateRead, best: DateRead) -> bool:
    """Whether another coming day may be the one that matters; the way to something, only if it comes first."""
    mention = one.mention
    if (
        mention.past
        or mention.demanded
        or mention.days_away < 0
        or (one.bare and best.mention.event is not Event.TRAVEL)
    ):
        return False
    if one.is_means:
        return mention.event is Event.TRAVEL and _is_before(one, best)
    return one.firm or (one.is_clear and _is_before(one, best))


def _is_before(one: DateRead, best: DateRead) -> bool:
    return one.mention.days_away < best.mention.days_away


def _weight(one: DateRead) -> tuple[bool, bool, int]:
    return one.bare or not one.firm, one.mention.event is None, one.mention.days_away


def _gives_way(one: DateRead, ahead: Sequence[DateRead]) -> bool:
    """Whether a journey leads to what is the matter: a hoped for one to any day, a fixed one to what the subject names."""
    if one.mention.event is Event.HEARING:  # an appointment, where what is due later is to be had
        return one.is_means and any(other.mention.event is Event.DEADLINE for other in ahead)
    if one.mention.event is not Event.TRAVEL:
        return False
    return any(
        0 < other.mention.days_away - one.mention.days_away <= _WAY
        and other.firm
        and not other.is_means
        and (one.is_means or (other.mention.span.where == "subject" and other.mention.event not in _LEFT_BEHIND))
        for other in ahead
    )


def _of_passage(passage: Passage, now: datetime, *, day_first: bool, invites: bool) -> Iterator[DateRead]:
    dates = list(find_dates(passage, now, day_first=day_first))
    if passage.where == "subject" and _REPLY.match(passage.plain):
        dates = [one for one in dates if one.full]  # "tomorrow" was told from an older message's date
    if passage.where == "attachment":
        dates = [one for one in dates if one.full]  # in a letter, from the letter's own date, which need not be today
    events = events_in(passage) if dates else []
    for one in dates:
        sentence = passage.sentence(one.start, one.end)
        happening = event_at(passage, events, sentence, one.start, one.end)
        day = _day_beside(one, dates)
        away = (day - now.date()).days
        if passage.where == "attachment" and happening is None and away >= 0:
            continue  # the letter's own date, as a rule
        wish = is_own_wish(
            passage,
            sentence,
            one.start,
            one.end,
            what_happens=happening.distance if happening else None,
            vague=one.vague,
        )
        is_clear = happening is not None and not happening.is_slight and happening.distance <= _CLEAR
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
            is_clear=is_clear,
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
        return happening.is_means
    begins, ends = max(sentence[0], one.start - 90), min(sentence[1], one.end + 20)
    hoped = _HOPED.find(passage.plain, begins, ends) is not None
    return hoped or (happening.is_means and _FIXED.find(passage.plain, sentence[0], sentence[1]) is None)


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
