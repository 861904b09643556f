"""What endangers people in rules that otherwise work: loading refuses it, as the check of rules tells it.

Rules that go under a floor, that treat people by who they are without saying why, or that send a reply whose promise
they do not keep.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import time, timedelta

from triage.core.located_yaml import Problem, nearest
from triage.core.office import Office, WorkingHours
from triage.core.policy.book_checking import everywhere, placed
from triage.core.policy.fairness import personal_parts, unjustified
from triage.core.policy.floors import Breach, breaches, vain
from triage.core.policy.loading import Rulebook, RuleSet
from triage.core.policy.schema import Rule
from triage.core.replies.promises import broken_promises

# Where the offices are not known: a day of eight hours.
_USUAL = WorkingHours(days=frozenset(range(5)), opens=time(9), closes=time(17))


def dangers(book: Rulebook, offices: Sequence[Office]) -> list[Problem]:
    """Every way in which people could come to harm by these rules at these offices, each with its line."""

    def of(office: str, rule_set: RuleSet) -> list[Problem]:
        before = book.default.rules if office else ()
        return [
            *placed(rule_set, unjustified(rule_set.rules, before=before)),
            *placed(rule_set, unjustified(rule_set.always, part="always")),
            *placed(rule_set, broken_promises(rule_set.rules, rule_set.templates)),
            *_bad_floors(rule_set),
            *_below_floors(rule_set, _having(book, office, offices), before),
        ]

    return everywhere(book, of)


def forewarnings(book: Rulebook, offices: Sequence[Office]) -> list[Problem]:
    """Warnings: that there are no floors, and rules on trial that would be refused once they act."""
    if not book.default.floors:
        message = (
            "has no 'floors': no rule is kept from leaving an urgent message unseen or unanswered; "
            "copy them from the default.yaml that comes with the service"
        )
        return [Problem(file=book.default.document.file, message=message)]
    if all(rule.enforce for _, rule_set in book.by_layer() for rule in rule_set.rules):
        return []

    def of(office: str, rule_set: RuleSet) -> list[Problem]:
        before = book.default.rules if office else ()
        return _below_floors(rule_set, _having(book, office, offices), before)

    now, acting = everywhere(book, of), book.enforced()
    return [
        replace(one, message=f"on trial; once it acts, it {one.message}")
        for one in everywhere(acting, of)
        if one not in now
    ]


def _having(book: Rulebook, layer: str, offices: Sequence[Office]) -> list[Office]:
    """The offices of a layer; those that have none, where it has no name."""
    return [one for one in offices if (one.id == layer if layer else one.id not in book.layers)]


def _bad_floors(rule_set: RuleSet) -> Iterator[Problem]:
    """Floors that protect nobody, or not everybody."""
    told = rule_set.document.problem
    seen = {one.id for one in (*rule_set.rules, *rule_set.always)}  # the ledger shows a decision's rule by its id alone
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


def _below_floors(rule_set: RuleSet, offices: Sequence[Office], before: Sequence[Rule]) -> list[Problem]:
    """What goes under floors, once for offices whose working day is as long: floors depend on nothing else of them."""
    alike: dict[timedelta, tuple[WorkingHours, list[str]]] = {}
    for hours, ids in [(one.hours, [one.id]) for one in offices] or [(_USUAL, [])]:
        alike.setdefault(hours.day, (hours, []))[1].extend(ids)
    found = []
    for hours, ids in alike.values():
        for breach in breaches(rule_set.rules, rule_set.floors, ids, hours, before=before):
            line, _ = rule_set.document.place(("floors", breach.floor))
            sentence = breach.sentence(rule_set.floors, f"{rule_set.document.file}:{line}")
            found.append(_to_mend(rule_set, breach, sentence))
    return list(dict.fromkeys(found))


def _to_mend(rule_set: RuleSet, breach: Breach, sentence: str) -> Problem:
    """Place it at the rule that goes under the floor, or where an office disables the one that kept to it."""
    for number, rule in enumerate(rule_set.rules):
        if rule.id == breach.rule:
            return rule_set.problem(number, breach.path or ("enforce",), sentence)  # without a key: it is on trial
    for one in rule_set.disabled:
        if one.rule == breach.rule:
            return one.source.document.problem(one.source.path, sentence)
    return rule_set.document.problem(("rules",), sentence)
