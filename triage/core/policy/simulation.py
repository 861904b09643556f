"""Two versions of an office's rules tried on the same messages: whose treatment changes, and how badly.

What the ledger does not tell is never guessed: each answer that the missing thing could have is tried, and only where
all of them come to the same is anything said (see `replay`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import product

from triage.core.labels import Label
from triage.core.office import Role
from triage.core.policy.case import Case
from triage.core.policy.deciding import OTHERWISE, with_additions
from triage.core.policy.loading import NO_RULE, RuleSet
from triage.core.policy.replay import ask
from triage.core.policy.schema import NO_REPLY, Condition, Matching, Rule, Then
from triage.core.working_time import WorkingTime

# Of so many conditions without an answer, every combination is tried; more than 256 each time would take too long.
MOST_UNKNOWN = 8
MOST_EXAMPLES = 5
UNFAITHFUL = "the rules in force do not give what was decided by them"
OTHER_VERSION = "another version of the service recorded it"
# For the order of spans only: offices' days differ.
_MINUTES = {"minutes": 1, "hours": 60, "days": 8 * 60}

Answers = tuple[bool | None, ...]


class Severity(IntEnum):
    """How bad a change may be, worst first."""

    URGENT = 0  # an urgent message goes elsewhere, or loses something
    LOSS = 1  # any other loses a reply, a flag, a person told, time, or goes to the web form
    OTHER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A message to try both versions on."""

    case: Case
    reference: str
    unanswerable: str  # why it cannot be answered, whatever a rule says; empty: it can
    rule: str = ""  # that decided it, where it was decided by the very rules that are compared; empty: it was not


@dataclass(frozen=True, slots=True)
class Change:
    """How a message is treated by each version: the rule that wins, and what is then done."""

    before: str
    was: Then
    after: str
    becomes: Then

    def differences(self) -> Mapping[str, tuple[str, str]]:
        """What is done otherwise: by action, before and after, in words."""
        return {
            name: (_worded(getattr(self.was, name)), _worded(getattr(self.becomes, name)))
            for name in Then.model_fields
            if getattr(self.was, name) != getattr(self.becomes, name)
        }

    def losses(self) -> tuple[str, ...]:
        """What a sender or a manager would miss, in words."""
        was, becomes = self.was, self.becomes
        missed = {
            "no reply": was.reply != NO_REPLY and becomes.reply == NO_REPLY,
            "held back": becomes.hold and not was.hold,
            "no flag": was.flag and not becomes.flag,
            "not forwarded": bool(was.forward) and not becomes.forward,
            "fewer people told": not set(was.notify) <= set(becomes.notify),
            "no due time": was.respond_within is not None and becomes.respond_within is None,
            "due later": was.respond_within is not None
            and _minutes(was.respond_within) < _minutes(becomes.respond_within),
            "to the web form": Role.WEBFORM.value == becomes.folder != was.folder,
        }
        return tuple(what for what, so in missed.items() if so)

    def severity(self, verdict: str) -> Severity:
        """How bad it may be for a message of that label, or kind of machine mail."""
        if verdict == Label.URGENT and (self.losses() or self.was.folder != self.becomes.folder):
            return Severity.URGENT
        return Severity.LOSS if self.losses() else Severity.OTHER


@dataclass(frozen=True, slots=True)
class Untold:
    """Whether a message's treatment changes hangs on what the ledger does not tell."""

    hangs_on: tuple[str, ...]  # conditions as the rules write them, or a sentence


Outcome = Change | Untold | None  # None: it is treated as before


class Comparison:
    """Two versions of one office's rules; each combination of answers is weighed once, however many give it."""

    def __init__(self, old: RuleSet, new: RuleSet) -> None:
        """Take both versions."""
        every = [rule for version in (old, new) for rule in (*_acting(version), *version.always)]
        self._conditions = list(dict.fromkeys(c for rule in every for group in _groups(rule) for c in group))
        number = {condition: place for place, condition in enumerate(self._conditions)}
        self._old, self._new = _Version(old, number), _Version(new, number)
        self._weighed: dict[tuple[Answers, str, bool, bool], Outcome] = {}

    def compare(self, past: Past) -> Outcome:
        """Say what becomes of one message."""
        answers = tuple(ask(condition, past.case) for condition in self._conditions)
        key = answers, past.rule, bool(past.unanswerable), past.case.screening.kind is not None
        if key not in self._weighed:
            self._weighed[key] = self._weigh(*key)
        return self._weighed[key]

    def _weigh(self, answers: Answers, decided_by: str, unanswerable: bool, machine: bool) -> Outcome:
        unknown = [place for place, answer in enumerate(answers) if answer is None]
        if len(unknown) > MOST_UNKNOWN:
            return Untold(tuple(self._conditions[place].written for place in unknown))
        found: dict[tuple[bool, ...], Change | None] = {}
        for guess in product((False, True), repeat=len(unknown)):
            supposed = dict(zip(unknown, guess, strict=True))
            whole = [supposed.get(place, bool(answer)) for place, answer in enumerate(answers)]
            (before, was), (after, becomes) = (one.treat(whole, machine) for one in (self._old, self._new))
            # What was decided is evidence: answers that would have had another rule win are not the true ones.
            if decided_by in {"", before}:
                change = Change(before, _done(was, unanswerable), after, _done(becomes, unanswerable))
                found[guess] = change if change.was != change.becomes else None
        if not found:
            return Untold((UNFAITHFUL,))
        outcomes = set(found.values())
        if len(outcomes) == 1:
            return outcomes.pop()
        mattering = _mattering(found)
        return Untold(
            tuple(self._conditions[place].written for place, so in zip(unknown, mattering, strict=True) if so)
        )


@dataclass(slots=True)
class Group:
    """Messages that the same becomes of, counted."""

    offices: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)  # the first references

    @property
    def count(self) -> int:
        """How many messages."""
        return self.offices.total()

    def add(self, office: str, reference: str) -> None:
        """Count a message."""
        self.offices[office] += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(reference)


@dataclass(slots=True)
class Tally:
    """What became of the messages that both versions were tried on."""

    compared: int = 0  # with a certain result
    undecided: int = 0  # decided without rules, since deciding failed: no rule changes that
    changed: dict[tuple[str, Change], Group] = field(default_factory=dict)  # by label, or kind of machine mail
    untold: dict[tuple[str, ...], Group] = field(default_factory=dict)  # by what it hangs on

    def add(self, past: Past, outcome: Outcome) -> None:
        """Count a message."""
        office, kind = past.case.office.id, past.case.screening.kind
        if isinstance(outcome, Untold):
            self.cannot_tell(office, past.reference, *outcome.hangs_on)
            return
        self.compared += 1
        if outcome:
            verdict = kind.value if kind else past.case.verdict
            self.changed.setdefault((verdict, outcome), Group()).add(office, past.reference)

    def cannot_tell(self, office: str, reference: str, *hangs_on: str) -> None:
        """Count a message of which the ledger tells too little."""
        self.untold.setdefault(hangs_on, Group()).add(office, reference)

    def worst_first(self) -> list[tuple[Severity, str, Change, Group]]:
        """The changes, worst first, then the most frequent."""
        found = [
            (change.severity(verdict), verdict, change, group) for (verdict, change), group in self.changed.items()
        ]
        return sorted(found, key=lambda one: (one[0], -one[3].count, one[1], one[2].before, one[2].after))


class _Version:
    """Rules whose conditions are numbers of answers."""

    def __init__(self, rules: RuleSet, number: Mapping[Condition, int]) -> None:
        self._rules = [(rule, _numbered(rule, number)) for rule in _acting(rules)]
        self._always = [(one, _numbered(one, number)) for one in rules.always]

    def treat(self, answers: Sequence[bool], machine: bool) -> tuple[str, Then]:
        """Give winner and treatment, as `evaluation` finds them; a property test holds the two together."""
        winner = next((rule for rule, asked in self._rules if _holds(asked, answers)), None)
        added = [one for one, asked in self._always if _holds(asked, answers)]
        name, then = (winner.id, winner.then) if winner else (NO_RULE, OTHERWISE)
        return name, with_additions(then, added, machine=machine)


_Asked = Sequence[Sequence[int]]  # conditions by number, as `_groups` gives them


def _acting(version: RuleSet) -> list[Rule]:
    return [rule for rule in version.rules if rule.enforce]


def _groups(rule: Matching) -> tuple[Sequence[Condition], ...]:
    return (rule.when.all, rule.when.any, rule.when.none) if rule.when else ((), (), ())


def _numbered(rule: Matching, number: Mapping[Condition, int]) -> _Asked:
    return [[number[condition] for condition in group] for group in _groups(rule)]


def _holds(asked: _Asked, answers: Sequence[bool]) -> bool:
    required, alternatives, forbidden = asked
    return (
        all(answers[place] for place in required)
        and (not alternatives or any(answers[place] for place in alternatives))
        and not any(answers[place] for place in forbidden)
    )


def _done(then: Then, unanswerable: bool) -> Then:
    """What comes of it where nobody can be answered: then only a forward can be held."""
    unheld = {"reply": NO_REPLY, "hold": then.hold and then.forward is not None}
    return then.model_copy(update=unheld) if unanswerable else then


def _mattering(found: Mapping[tuple[bool, ...], Change | None]) -> list[bool]:
    """For each unknown answer, whether the outcome is another where only that one is turned."""

    def turned(guess: tuple[bool, ...], place: int) -> tuple[bool, ...]:
        return (*guess[:place], not guess[place], *guess[place + 1 :])

    mattering = [
        any((other := turned(guess, place)) in found and found[other] != outcome for guess, outcome in found.items())
        for place in range(len(next(iter(found))))
    ]
    # Where no single one does, they do together.
    return mattering if any(mattering) else [True] * len(mattering)


def _worded(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return ", ".join(map(str, value)) or "none"
        case None:
            return "none"
    return str(value)


def _minutes(span: WorkingTime | None) -> float:
    """For comparing; no due time at all is a loss of another name."""
    return span.amount * _MINUTES[span.unit] if span else 0
