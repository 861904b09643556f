"""Answers one condition about one case: did it match, and what was found instead."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from triage.core.policy.case import Case
from triage.core.policy.decision import ConditionTrial
from triage.core.policy.schema import Condition, CountCondition, HeaderCondition, ProbabilityCondition, SenderCondition
from triage.core.policy.schema_values import ANY, compiled
from triage.core.working_time import OfficeTime, office_time, working_days_left

Answer = tuple[bool, str]  # matched, found
LONGEST_FOUND = 60


def try_condition(condition: Condition, case: Case) -> ConditionTrial:
    """Ask the condition. Total: any condition has an answer for any case."""
    matched, found = _ASK[condition.kind](getattr(condition, condition.kind), case)
    return ConditionTrial(condition=condition.written, matched=matched, found=found)


def _label(wanted: tuple[str, ...], case: Case) -> Answer:
    # Machine mail has no label at all, not even "unsure" (labelling guide).
    return (False, "machine mail has no label") if case.screening.kind else (case.verdict in wanted, case.verdict)


def _probability(wanted: ProbabilityCondition, case: Case) -> Answer:
    if case.classification is None:
        return False, "not classified"
    asked = wanted.of or case.classification.label
    found = case.classification.probabilities.get(asked, 0.0)
    low = 0.0 if wanted.at_least is None else wanted.at_least
    high = 1.0 if wanted.at_most is None else wanted.at_most
    # A sum of rounded parts may be a hair above 1, which no bound means.
    return low <= min(found, 1.0) <= high, f"{asked.value} {found:.3f}"


def _machine(wanted: tuple[str, ...], case: Case) -> Answer:
    kind = case.screening.kind
    if kind is None:
        return False, "written by a person"
    return ANY in wanted or kind.value in wanted, kind.value


def _unparseable(wanted: bool, case: Case) -> Answer:
    return case.message.unparseable is wanted, "could not be read whole" if case.message.unparseable else "was read"


def _authentication(wanted: tuple[str, ...], case: Case) -> Answer:
    found = case.facts.authentication.value
    return found in wanted, found


def _language(wanted: tuple[str, ...], case: Case) -> Answer:
    found = case.facts.language.value
    return found in wanted, found


def _deadline(wanted: int, case: Case) -> Answer:
    deadline = case.facts.deadline
    if deadline is None:
        return False, "no date with a harm ahead"
    return 0 <= deadline.days_away <= wanted, f"in {deadline.days_away} days"


def _working_days(wanted: int, case: Case) -> Answer:
    deadline = case.facts.deadline
    if deadline is None:
        return False, "no date with a harm ahead"
    # What passed while it waited is 0: that the office was late must not cost the sender what haste there is.
    left = working_days_left(case.now, deadline.date, case.office.hours, case.office.zone)
    return left <= wanted, f"{left} working days left"


def _time(wanted: tuple[str, ...], case: Case) -> Answer:
    # When it is decided, not when it came: what matters is whether anybody is there now to see it.
    found = office_time(case.now, case.office.hours, case.office.zone)
    outside = OfficeTime.CLOSED in wanted and found is not OfficeTime.OPEN  # a holiday too
    return outside or found in wanted, f"{found} ({case.now.astimezone(case.office.zone):%a %H:%M})"


def _has(wanted: tuple[str, ...], case: Case) -> Answer:
    found = [name for name in wanted if _FACTS[name](case)]
    return bool(found), ", ".join(found) or "not found"


def _kinds(wanted: tuple[str, ...], named: Iterable[StrEnum], what: str) -> Answer:
    found = list(dict.fromkeys(kind.value for kind in named))
    return not set(wanted).isdisjoint(found), ", ".join(found) or f"none of the known {what}"


def _topic(wanted: tuple[str, ...], case: Case) -> Answer:
    return _kinds(wanted, (one.kind for one in case.facts.topics), "topics")


def _harm(wanted: tuple[str, ...], case: Case) -> Answer:
    return _kinds(wanted, (one.kind for one in case.facts.harms), "harms")


def _office_error(wanted: tuple[str, ...], case: Case) -> Answer:
    return _kinds(wanted, (one.kind for one in case.facts.acts), "errors")


def _decision(wanted: tuple[str, ...], case: Case) -> Answer:
    return _kinds(wanted, (one.kind for one in case.facts.decisions), "decisions")


def _office(wanted: tuple[str, ...], case: Case) -> Answer:
    return case.office.id in wanted, case.office.id


def _header(wanted: HeaderCondition, case: Case) -> Answer:
    values = case.message.header_values(wanted.name)
    pattern = compiled(wanted.matches)
    hit = next((value for value in values if pattern.search(value)), None)
    if hit is not None:
        return True, _shown(hit)
    return False, _shown(values[0]) if values else "no such header"


def _sender(wanted: SenderCondition, case: Case) -> Answer:
    if case.message.from_ is None:
        return False, "it names no sender"
    # In lower case for patterns too, though one may ask for case (`(?-i)`): the check of rules knows no other case.
    found = case.message.from_.addr.lower()
    if wanted.matches is not None:
        return compiled(wanted.matches).search(found) is not None, _shown(found)
    held = found in (wanted.address or ()) or any(is_under(found, domain) for domain in wanted.domain or ())
    return held, _shown(found)


def is_under(address: str, domain: str) -> bool:
    """Whether an address (lower case) is of the domain, or of one below it."""
    return f".{address.rpartition('@')[2]}".endswith(f".{domain}")


def _this_week(wanted: CountCondition, case: Case) -> Answer:
    found = case.history.messages_this_week
    if found is None:
        return False, "not known: the ledger was not asked, or nobody is named as the sender"
    high = found if wanted.at_most is None else wanted.at_most
    return (wanted.at_least or 1) <= found <= high, str(found)


def _answers(wanted: str, case: Case) -> Answer:
    history = case.history
    if wanted == "our-reply":
        return history.answers_our_reply, "it does" if history.answers_our_reply else "it does not"
    return history.answers is not None, history.answers or "it does not"


_DIGITS = re.compile(r"\d(?:[ -]?\d){4,}")


def _shown(value: str) -> str:
    """A header's value, cut; long numbers masked, since they may be identifiers."""
    cut = value if len(value) <= LONGEST_FOUND else value[:LONGEST_FOUND] + "…"
    return _DIGITS.sub(lambda run: run[0][:2] + "•" * (len(run[0]) - 2), cut)


_FACTS: dict[str, Callable[[Case], Any]] = {
    "identifier": lambda case: case.facts.identifiers,
    "date": lambda case: case.facts.dates,
    "deadline": lambda case: case.facts.deadline,
    "decision": lambda case: case.facts.decisions,
    "asks_to_reopen": lambda case: case.facts.asks_to_reopen,
    "prior_enquiry": lambda case: case.facts.prior_enquiry,
    "representative": lambda case: case.facts.representative,
    "harm": lambda case: case.facts.harms,
    "office-error": lambda case: case.facts.acts,
    "attachment": lambda case: case.message.attachments,
}

_ASK: dict[str, Callable[[Any, Case], Answer]] = {
    "label": _label,
    "probability": _probability,
    "machine": _machine,
    "unparseable": _unparseable,
    "authentication": _authentication,
    "language": _language,
    "deadline_within_days": _deadline,
    "deadline_within_working_days": _working_days,
    "time": _time,
    "has": _has,
    "topic": _topic,
    "harm": _harm,
    "office_error": _office_error,
    "decision": _decision,
    "office": _office,
    "header": _header,
    "sender": _sender,
    "sender_messages_this_week": _this_week,
    "answers": _answers,
}
