"""What endangers people in rules that otherwise work: loading refuses it, as the check of rules tells it.

Rules that go under a floor, that treat people by who they are without saying why, or that send a reply whose promise
they do not keep.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import time, timedelta

from triage.core.located_yaml import Path, Problem, nearest
from triage.core.office import Office, WorkingHours
from triage.core.policy.checks import Finding
from triage.core.policy.fairness import personal_parts, unjustified
from triage.core.policy.floors import breaches, vain
from triage.core.policy.loading import RuleSet
from triage.core.replies.promises import broken_promises

# Where the offices are not known: a day of eight hours.
_USUAL = WorkingHours(days=frozenset(range(5)), opens=time(9), closes=time(17))


def dangers(rule_set: RuleSet, offices: Sequence[Office]) -> list[Problem]:
    """Every way in which people could come to harm by these rules at these offices, each with its line."""
    return [
        *placed(rule_set, unjustified(rule_set.rules)),
        *placed(rule_set, broken_promises(rule_set.rules, rule_set.templates)),
        *_bad_floors(rule_set),
        *_below_floors(rule_set, offices),
    ]


def placed(rule_set: RuleSet, found: Iterable[Finding]) -> list[Problem]:
    """Findings with the lines of their rules."""
    return [rule_set.document.problem(("rules", one.rule, *one.path), one.message) for one in found]


def _bad_floors(rule_set: RuleSet) -> Iterator[Problem]:
    """Floors that protect nobody, or not everybody."""
    told = rule_set.document.problem
    seen = {rule.id for rule in rule_set.rules}  # the ledger shows a decision's rule by its id alone
    for number, floor in enumerate(rule_set.floors):
        here = ("floors", number)
        if floor.id in seen:
            yield told((*here, "id"), f"'{floor.id}' is the id of a rule, or of an earlier floor, too")
        seen.add(floor.id)
        templates = rule_set.templates.names()
        if floor.reply is not None and floor.reply not in templates:
            yield told((*here, "reply"), f"no template '{floor.reply}'{nearest(floor.reply, templates)}")
        for path, asked in personal_parts(floor.asked):
            yield told((*here, floor.condition, *path), f"asks about the sender ({asked}): a floor holds for everybody")
        if vain(floor):
            yield told((*here, floor.condition), "these conditions can never hold together")


def _below_floors(rule_set: RuleSet, offices: Sequence[Office]) -> list[Problem]:
    """What goes under floors, once for offices whose working day is as long: floors depend on nothing else of them."""
    alike: dict[timedelta, tuple[WorkingHours, list[str]]] = {}
    for hours, ids in [(one.hours, [one.id]) for one in offices] or [(_USUAL, [])]:
        alike.setdefault(hours.day, (hours, []))[1].extend(ids)
    found = []
    for hours, ids in alike.values():
        for breach in breaches(rule_set.rules, rule_set.floors, ids, hours):
            rules = [rule.id for rule in rule_set.rules]
            path: Path = ("rules", rules.index(breach.rule), *breach.path) if breach.rule else ("rules",)
            line, _ = rule_set.document.place(("floors", breach.floor))
            sentence = breach.sentence(rule_set.floors, f"{rule_set.document.file}:{line}")
            found.append(rule_set.document.problem(path, sentence))
    return list(dict.fromkeys(found))
