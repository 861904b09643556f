"""What a message can be, as far as rules ask: conditions and rules as formulas over finite sets of values."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from triage.core.facts.record import Act, Authentication, DecisionKind, Harm
from triage.core.labels import UNSURE, Label
from triage.core.message import Language
from triage.core.policy.conditions import is_under
from triage.core.policy.reasoning import And, Formula, Is, Or, negated
from triage.core.policy.schema import (
    Condition,
    CountCondition,
    HeaderCondition,
    Matching,
    ProbabilityCondition,
    SenderCondition,
    When,
)
from triage.core.policy.schema_values import ANY, MOST_WORKING_DAYS, compiled
from triage.core.screening import MachineKind
from triage.core.working_time import OfficeTime

GROUPS = ("all", "any", "none")
NOWHERE = "(another office)"
# What a message is: machine mail of a kind, or a person's with a label; whole, or broken. Machine mail and broken mail
# are never classified (`pipeline`), so the first has no label, and the second is unsure.
_MAIL = frozenset(
    {(str(kind), "", whole) for kind in MachineKind for whole in (True, False)}
    | {("", str(label), True) for label in (*Label, UNSURE)}
    | {("", UNSURE, False)}
)
_BOTH = frozenset({True, False})
# None: no deadline; -1: one on a day that no rule can ask for.
_DAYS: frozenset[int | None] = frozenset({None, *range(-1, 366)})
# Facts that are there where one of their kinds is.
_KINDS = {"harm": Harm, "office-error": Act, "decision": DecisionKind}
# And a domain: an address there that no rule names. Alone: an address elsewhere, or none, which no rule tells apart.
_SOMEBODY = "(another)@"
_DEADLINE = Is("deadline", _DAYS - {None})


class World:
    """The variables that these rules, and conditions `beside` them, ask about, each with its values."""

    def __init__(self, rules: Sequence[Matching], office_ids: Sequence[str], *, beside: Sequence[When] = ()) -> None:
        whens = [*(rule.when for rule in rules if rule.when), *beside]
        conditions = [one for when in whens for group in GROUPS for one in getattr(when, group)]
        named = {name for one in conditions for name in one.office or ()}
        # Where the offices are not known, there may be others than those that rules name.
        offices = frozenset(office_ids) or frozenset({*named, NOWHERE})
        self._bounds = _bounds(conditions)
        self._steps = _steps(conditions)
        self.domains: dict[str, frozenset[Any]] = {
            "mail": _MAIL,
            "authentication": frozenset(str(one) for one in Authentication),
            "language": frozenset(str(one) for one in Language),
            "deadline": _DAYS,
            # Where there is a deadline. Holidays, and how long a message waits, leave any number to any day.
            "working days left": frozenset(range(MOST_WORKING_DAYS + 2)),
            "time": frozenset(str(one) for one in OfficeTime),
            "office": offices,
            "sender": _senders(conditions),
            # -1: not known. Else between which steps.
            "messages this week": frozenset(range(-1, len(self._steps))),
            "answers": frozenset((ours, known) for ours in _BOTH for known in _BOTH),
        }
        for of, bounds in self._bounds.items():
            # -1: not classified. Even: a bound itself; odd: between two bounds.
            self.domains[f"probability {of}"] = frozenset(range(-1, 2 * len(bounds) - 1))

    def of_rule(self, rule: Matching) -> Formula:
        """Where the rule matches."""
        return self.of_when(rule.when)

    def of_when(self, when: When | None) -> Formula:
        """Where all that is asked holds."""
        return And(tuple(formula for _, formula in self.parts_of(when)))

    def parts_of(self, when: When | None) -> list[tuple[tuple[str | int, ...], Formula]]:
        """What is asked, each with its place under `when`; `any` is one part."""
        if when is None:
            return []
        parts: list[tuple[tuple[str | int, ...], Formula]] = [
            (("all", place), self.of(condition)) for place, condition in enumerate(when.all)
        ]
        if when.any:
            parts.append((("any",), Or(tuple(self.of(condition) for condition in when.any))))
        for place, condition in enumerate(when.none):
            parts.append((("none", place), negated(self.of(condition), self.domains)))
        return parts

    def of(self, condition: Condition) -> Formula:
        """Where the condition holds."""
        return _FORMULA[condition.kind](self, getattr(condition, condition.kind))

    def _free(self, name: str) -> Formula:
        """Something that holds or does not, independently of all else."""
        self.domains.setdefault(name, _BOTH)
        return Is(name, frozenset({True}))

    def header(self, asked: HeaderCondition) -> Formula:
        """A pattern in a header; nothing is supposed of two patterns that are not the same."""
        return self._free(f"header {asked.name.lower()}: {asked.matches}")

    def sender(self, asked: SenderCondition) -> Formula:
        """An address; of one that a rule names it is known whether a pattern matches it."""
        everybody = self.domains["sender"]
        if asked.matches is None:
            under = {one for one in everybody for domain in asked.domain or () if is_under(one, domain)}
            return Is("sender", everybody & {*under, *(asked.address or ())})
        named = frozenset(one for one in everybody if not one.startswith(_SOMEBODY))
        matching = frozenset(one for one in named if compiled(asked.matches).search(one))
        others = And((Is("sender", everybody - named), self._free(f"sender matches {asked.matches}")))
        return Or((Is("sender", matching), others))

    def this_week(self, asked: CountCondition) -> Formula:
        """A range of numbers."""
        low = self._steps.index(asked.at_least or 1)
        high = len(self._steps) if asked.at_most is None else self._steps.index(asked.at_most + 1)
        return Is("messages this week", frozenset(range(low, high)))

    def has(self, names: Sequence[str]) -> Formula:
        """One of the facts; a deadline is the same that `deadline_within_days` asks for, a harm that `harm` does."""
        parts: list[Formula] = []
        for name in names:
            if name == "deadline":
                parts.append(_DEADLINE)
            elif name in _KINDS:
                parts.append(self.kinds([str(kind) for kind in _KINDS[name]], fact=name))
            else:
                parts.append(self._free(f"has {name}"))
        return Or(tuple(parts))

    def kinds(self, names: Sequence[str], *, fact: str) -> Formula:
        """A fact of one of these kinds, each of which may be there beside others."""
        return Or(tuple(self._free(f"{fact} {name}") for name in names))

    def among(self, names: Sequence[str], *, variable: str) -> Formula:
        """One of the values of a variable that has one value."""
        return Is(variable, frozenset(names) & self.domains[variable])

    def probability(self, asked: ProbabilityCondition) -> Formula:
        """A range of probability, which only what was classified has."""
        bounds = self._bounds[asked.of]
        low = 2 * bounds.index(0.0 if asked.at_least is None else asked.at_least)
        high = 2 * bounds.index(1.0 if asked.at_most is None else asked.at_most)
        classified = frozenset(one for one in _MAIL if not one[0] and one[2])
        return And((Is("mail", classified), Is(f"probability {asked.of}", frozenset(range(low, high + 1)))))


def _bounds(conditions: Sequence[Condition]) -> Mapping[Label | None, list[float]]:
    """For each label that a probability is asked of, the bounds that matter, in order."""
    found: dict[Label | None, set[float]] = {}
    for condition in conditions:
        if (asked := condition.probability) is not None:
            ends = {end for end in (asked.at_least, asked.at_most) if end is not None}
            found.setdefault(asked.of, {0.0, 1.0}).update(ends)
    return {of: sorted(ends) for of, ends in found.items()}


def _steps(conditions: Sequence[Condition]) -> Sequence[int]:
    """The numbers of messages at which an answer may turn, in order."""
    asked = [one.sender_messages_this_week for one in conditions if one.sender_messages_this_week]
    turns = {one.at_least for one in asked if one.at_least} | {one.at_most + 1 for one in asked if one.at_most}
    return sorted({1, *turns})


def _senders(conditions: Sequence[Condition]) -> frozenset[str]:
    """Each address that is named, and for each domain, and for all the others, one that is not."""
    asked = [one.sender for one in conditions if one.sender]
    domains = {domain for one in asked for domain in one.domain or ()}
    return frozenset(
        {
            _SOMEBODY,
            *(address for one in asked for address in one.address or ()),
            *(_SOMEBODY + domain for domain in domains),
        }
    )


def _mail(holds: Callable[[tuple[str, str, bool]], bool]) -> Formula:
    return Is("mail", frozenset(one for one in _MAIL if holds(one)))


def _machine(kinds: Sequence[str]) -> Formula:
    return _mail(lambda mail: bool(mail[0]) and (ANY in kinds or mail[0] in kinds))


def _working_days(most: int) -> Formula:
    return And((_DEADLINE, Is("working days left", frozenset(range(most + 1)))))


def _time(wanted: Sequence[str]) -> Formula:
    outside = {OfficeTime.HOLIDAY} if OfficeTime.CLOSED in wanted else set()
    return Is("time", frozenset({*wanted, *map(str, outside)}))


def _answers(wanted: str) -> Formula:
    place = 0 if wanted == "our-reply" else 1
    return Is("answers", frozenset((ours, known) for ours in _BOTH for known in _BOTH if (ours, known)[place]))


_FORMULA: Mapping[str, Callable[[World, Any], Formula]] = {
    "label": lambda _, wanted: _mail(lambda mail: mail[1] in wanted),
    "machine": lambda _, wanted: _machine(wanted),
    "unparseable": lambda _, wanted: _mail(lambda mail: mail[2] is not wanted),
    "probability": World.probability,
    "authentication": partial(World.among, variable="authentication"),
    "language": partial(World.among, variable="language"),
    "office": partial(World.among, variable="office"),
    "deadline_within_days": lambda _, days: Is("deadline", frozenset(range(days + 1))),
    "deadline_within_working_days": lambda _, days: _working_days(days),
    "time": lambda _, wanted: _time(wanted),
    "has": World.has,
    "topic": partial(World.kinds, fact="topic"),
    "harm": partial(World.kinds, fact="harm"),
    "office_error": partial(World.kinds, fact="office-error"),
    "decision": partial(World.kinds, fact="decision"),
    "header": World.header,
    "sender": World.sender,
    "sender_messages_this_week": World.this_week,
    "answers": lambda _, wanted: _answers(wanted),
}
