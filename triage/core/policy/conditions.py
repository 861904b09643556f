"""Answers one condition about one case: did it match, and what was found instead."""

from collections.abc import Callable
from functools import cache
from typing import Any

import re2

from triage.core.policy.case import Case
from triage.core.policy.decision import ConditionTrial
from triage.core.policy.schema import Condition, HeaderCondition

Answer = tuple[bool, str]  # matched, found


def try_condition(condition: Condition, case: Case) -> ConditionTrial:
    """Ask the condition. Total: any condition has an answer for any case."""
    matched, found = _ASK[condition.kind](getattr(condition, condition.kind), case)
    return ConditionTrial(condition=str(condition), matched=matched, found=found)


def _one_of(wanted: Any, found: str) -> Answer:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return found in {str(value) for value in values}, found


def _label(wanted: Any, case: Case) -> Answer:
    # Machine mail has no label at all, not even "unsure" (labelling guide).
    return (False, "machine mail has no label") if case.screening.kind else _one_of(wanted, case.verdict)


def _probability(wanted: float, case: Case) -> Answer:
    if case.classification is None:
        return False, "not classified"
    best = case.classification.probabilities[case.classification.label]
    return best >= wanted, f"{best:.2f}"


def _machine(wanted: Any, case: Case) -> Answer:
    kind = case.screening.kind
    if kind is None:
        return False, "written by a person"
    return (True, kind.value) if wanted == "any" else _one_of(wanted, kind.value)


def _unparseable(_wanted: Any, case: Case) -> Answer:
    return case.message.unparseable, "yes" if case.message.unparseable else "no"


def _authentication(wanted: Any, case: Case) -> Answer:
    return _one_of(wanted, case.facts.authentication.value)


def _language(wanted: Any, case: Case) -> Answer:
    return _one_of(wanted, case.facts.language.value)


def _deadline(wanted: int, case: Case) -> Answer:
    deadline = case.facts.deadline
    if deadline is None:
        return False, "no date ahead"
    return 0 <= deadline.days_away <= wanted, f"in {deadline.days_away} days"


def _has(wanted: str, case: Case) -> Answer:
    facts = case.facts
    found = {
        "identifier": facts.identifiers,
        "date": facts.dates,
        "deadline": facts.deadline,
        "decision": facts.decisions,
        "asks_to_reopen": facts.asks_to_reopen,
        "prior_enquiry": facts.prior_enquiry,
        "representative": facts.representative,
        "attachment": case.message.attachments,
    }[wanted]
    return bool(found), "found" if found else "not found"


def _office(wanted: Any, case: Case) -> Answer:
    return _one_of(wanted, case.office.id)


def _header(wanted: HeaderCondition, case: Case) -> Answer:
    values = case.message.header_values(wanted.name)
    pattern = _compiled(wanted.matches)
    matched = any(pattern.search(value) for value in values)
    # The value itself may name people: only that there was one is told.
    return matched, "a value that matches" if matched else ("another value" if values else "no such header")


def _answers(wanted: str, case: Case) -> Answer:
    history = case.history
    if wanted == "our-reply":
        return history.answers_our_reply, "answers our reply" if history.answers_our_reply else "no"
    return history.answers is not None, history.answers or "no"


@cache
def _compiled(pattern: str) -> Any:
    return re2.compile(f"(?i){pattern}")


_ASK: dict[str, Callable[[Any, Case], Answer]] = {
    "label": _label,
    "probability_at_least": _probability,
    "machine": _machine,
    "unparseable": _unparseable,
    "authentication": _authentication,
    "language": _language,
    "deadline_within_days": _deadline,
    "has": _has,
    "office": _office,
    "header": _header,
    "answers": _answers,
}
