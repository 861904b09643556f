"""Dates with what happens then, and the nearest one ahead that bears a harm: the message's deadline."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from triage.core.facts.dates import find_dates
from triage.core.facts.passage import Passage, passages
from triage.core.facts.record import DateMentioned, Event
from triage.core.message import Language, Message

# Of several words in a sentence the nearest to the date tells what happens then.
_EVENTS: tuple[tuple[Event, str], ...] = (
    (
        Event.DEATH,
        r"funerals?|buri(?:al|ed)|bury|cremat\w+|memorial service|wake\b|dying|die|dies|days to live|hospice|palliative"
        r"|life support|last rites|funerailles|obseques|enterrement|inhum\w+|mourant\w*|mourir|soins palliatifs|veillee",
    ),
    (
        Event.SURGERY,
        r"surger(?:y|ies)|operation|operated|transplant\w*|chemo\w*|caesarean|c-section|due date|gives? birth|delivery date"
        r"|procedure is|admitted|chirurgie|operee?|greffe|chimio\w*|cesarienne|accouche\w*|hospitalis\w+|intervention",
    ),
    (
        Event.REMOVAL,
        r"remov(?:al|ed)|deport\w+|repatriat\w+|renvoye?e?|renvoi|expuls\w+|refoul\w+",
    ),
    (
        Event.HEARING,
        r"hearing|court|tribunal|judge|trial|testif\w+|witness|mandamus|audience|cour federale|juge|proces|temoign\w+",
    ),
    (
        Event.SHUTDOWN,
        r"shut-?down|outage|turnaround|line stops?|stoppage|plant (?:stops|closes)|kiln|furnace|reline|crew|harvest"
        r"|season ends|perish\w*|spoil\w*|crop|arret (?:d|de|technique|planifie)\w*|recolte|usine|equipe",
    ),
    (
        Event.CEREMONY,
        r"wedding|marry|marriage|married|graduat\w+|convocation|ceremon\w+|competition|tournament|championship\w*"
        r"|festival|concert|tour\b|premiere|opening night|conference|congress|games|match|mariage|marier|ceremonie"
        r"|concours|tournoi|championnats?|spectacle|tournee|colloque|congres|collation des grades|representation",
    ),
    (
        Event.EXPIRY,
        r"expir\w+|lapse\w*|runs? out|no longer valid|ceases?|valid (?:until|till|to)|validity|ends?\b|out of status"
        r"|turns? (?:18|19|21|22)|ages? out|perime\w*|echeance|caduc\w*|prend fin|valables? jusqu|aura (?:18|19|22) ans",
    ),
    (
        Event.TRAVEL,
        r"flights?|fly|flies|flying|depart\w*|travel\w*|board\w*|sail\w*|tickets?|leaves?|leaving|arriv\w+|landing"
        r"|itinerary|vols?\b|decolle\w*|depart|partir|part\b|voyage\w*|billets?|avion|embarqu\w+",
    ),
    (
        Event.DEADLINE,
        r"deadline|due\b|no later than|final date|last day|cut-?off|must (?:be )?(?:submit\w*|respond|file|reply|provide)"
        r"|time limit|leave application|limitation|delai|date limite|au plus tard|dernier jour|doit etre (?:remis|depose)"
        r"|prescription|forclusion|closes?\b|expires the offer|cloture",
    ),
    (
        Event.START,
        r"starts?|starting|begins?|beginning|join\w*|report(?:s|ing)? (?:to|for)|orientation|classes|semester|term\b|intake"
        r"|first day|debut\w*|commence\w*|rentree|session|entree en (?:poste|fonction)|prise de poste|cours\b|semestre",
    ),
)
_EVENT = re.compile("|".join(rf"(?P<{event.value}>\b(?:{words}))" for event, words in _EVENTS))
_BY = re.compile(
    r"(?:\bby|\bbefore|\buntil|\btill|\bno later than|\bon or before|\bd'ici(?: a| au| le)?|\bavant(?: le)?"
    r"|\bau plus tard(?: le)?|\bjusqu'au|\bdeadline(?: is| of|:)?|\bdue(?: on)?)\s+(?:the\s+|this\s+|next\s+|le\s+|ce\s+)?"
    r"(?:\w+day,?\s+|lundi\s+|mardi\s+|mercredi\s+|jeudi\s+|vendredi\s+|samedi\s+|dimanche\s+)?$"
)
# A date by which the sender himself demands an answer is no near date (labelling guide, settled cases).
_OWN_DEMAND = re.compile(
    r"\b(?:we|i) (?:demand|require|expect|request|insist|look forward|would (?:appreciate|be grateful)|ask)\b[^.]{0,80}"
    r"(?:respon|repl|answer|decision|action|confirm|hear)"
    r"|\b(?:respond|reply|answer|response|decision)[^.]{0,40}\bwithin\b"
    r"|\b(?:nous|je) (?:exige|demand|attend|requer|comptons|mettons en demeure)\w*[^.]{0,80}(?:repon|decision|suite)"
    r"|\bfailing which\b|\bfaute de quoi\b|\ba defaut\b"
)


def dates_mentioned(message: Message, zone: ZoneInfo, languages: Sequence[Language]) -> tuple[DateMentioned, ...]:
    """All dates of the subject and the newest text, in order, relative to the message's own date.

    The date is taken in the zone that the message was written in; `zone`, the office's, where only the server knows
    when it came. A message without any date has none.
    """
    when = message.date or message.received_at
    if when is None:
        return ()
    today = _own_day(message, when, zone)
    day_first = message.language is Language.FRENCH or languages[0] is Language.FRENCH or not _is_american(message)
    return tuple(
        DateMentioned(
            date=found.date,
            days_away=(found.date - today).days,
            event=_event(passage, found.start, found.end),
            past=found.past,
            demanded=_is_own_demand(passage, found.start, found.end),
            bound=bool(_BY.search(passage.folded[max(0, found.start - 40) : found.start])),
            span=passage.span(found.start, found.end),
        )
        for passage in passages(message, "subject", "newest")
        for found in find_dates(passage, today, day_first=day_first)
    )


def nearest_deadline(dates: Sequence[DateMentioned]) -> DateMentioned | None:
    """Choose the nearest date ahead that bears an event or a bound ("by", "avant"), and is not the sender's own."""
    ahead = [
        found
        for found in dates
        if found.days_away >= 0 and not found.past and not found.demanded and (found.event or found.bound)
    ]
    return min(ahead, key=lambda found: (_is_mild(found), found.days_away), default=None)


def _is_mild(found: DateMentioned) -> bool:
    """A start, no event at all, or a whole week hurts less: it is the deadline only where no other date is."""
    return found.event in {None, Event.START} or "week" in found.span.text.lower() or "semaine" in found.span.text


def _own_day(message: Message, when: datetime, zone: ZoneInfo) -> date:
    return when.date() if message.date else when.astimezone(zone).date()


def _is_american(message: Message) -> bool:
    """Month first is a habit of English writers in North America; a dot between numbers never is."""
    return message.language is Language.ENGLISH and message.date is not None and _is_western(message.date)


def _is_western(when: datetime) -> bool:
    offset = when.utcoffset()
    return offset is not None and offset.total_seconds() <= -3 * 3600


def _event(passage: Passage, start: int, end: int) -> Event | None:
    begins, ends = passage.sentence(start, end)
    best: tuple[int, Event] | None = None
    for found in _EVENT.finditer(passage.folded, begins, ends):
        distance = max(found.start() - end, start - found.end(), 0)
        if found.start() < end and found.end() > start:
            continue  # the date's own words
        if best is None or distance < best[0]:
            best = (distance, Event(str(found.lastgroup)))
    return best[1] if best else None


def _is_own_demand(passage: Passage, start: int, end: int) -> bool:
    begins, ends = passage.sentence(start, end)
    return bool(_OWN_DEMAND.search(passage.folded, begins, ends))
