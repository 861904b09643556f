"""Formulas over what a message can be: can a condition ever hold, and do earlier rules take all that a later one asks?

Each variable has a finite set of values, so satisfiability is decided exactly, by propagation and case distinction. A
SAT library would need an encoding of these sets that is longer than the search itself. What is not known of the world
(that two patterns exclude each other, say) is left free, so that only what is sure comes out as impossible.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Far beyond what a rules file needs; where it is not enough, nothing is said.
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Is:
    """A variable has one of these values."""

    variable: str
    among: frozenset[Any]


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; without parts: always."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds; without parts: never."""

    parts: tuple["Formula", ...]


Formula = Is | And | Or
Domains = Mapping[str, frozenset[Any]]


class _TooHard(Exception):
    """The search took more steps than it may."""


def negated(formula: Formula, domains: Domains) -> Formula:
    """What holds exactly where `formula` does not."""
    match formula:
        case Is(variable, among):
            return Is(variable, domains[variable] - among)
        case And(parts):
            return Or(tuple(negated(part, domains) for part in parts))
        case Or(parts):
            return And(tuple(negated(part, domains) for part in parts))


def impossible(formulas: Sequence[Formula], domains: Domains) -> bool:
    """Whether the formulas can never hold together; False also where that took too long to find out."""
    try:
        return not _Search().satisfiable(formulas, domains)
    except _TooHard:
        return False


def least(formulas: Sequence[Formula], domains: Domains, *, beside: Sequence[Formula] = ()) -> list[int]:
    """Of formulas that can never hold together with `beside`: the places of some that already cannot, none to spare."""
    kept = list(range(len(formulas)))
    for place in reversed(range(len(formulas))):
        rest = [one for one in kept if one != place]
        if impossible([*beside, *(formulas[one] for one in rest)], domains):
            kept = rest
    return kept


class _Search:
    """One search, which counts its steps."""

    def __init__(self) -> None:
        self._steps = 0

    def satisfiable(self, formulas: Iterable[Formula], domains: Domains) -> bool:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooHard
        narrowed = _propagated(list(formulas), dict(domains))
        if narrowed is None:
            return False
        choices, values = narrowed
        if not choices:
            return True
        choice = min(choices, key=lambda one: len(one.parts))
        rest: list[Formula] = [one for one in choices if one is not choice]
        for part in choice.parts:
            if self.satisfiable([*rest, part], values):
                return True
            # No need to look again where this part holds.
            rest.append(negated(part, domains))
        return False


def _propagated(formulas: list[Formula], domains: dict[str, frozenset[Any]]) -> tuple[list[Or], Domains] | None:
    """Narrow the values by all that is certain; give the choices that are left, or None where nothing is possible."""
    while True:
        certain, choices = _split(formulas)
        for one in certain:
            domains[one.variable] &= one.among
            if not domains[one.variable]:
                return None
        open_choices = [_still(choice, domains) for choice in choices]
        if any(choice is not None and not choice.parts for choice in open_choices):
            return None
        left = [choice for choice in open_choices if choice is not None]
        if all(len(choice.parts) > 1 for choice in left):
            return left, domains
        formulas = [choice.parts[0] if len(choice.parts) == 1 else choice for choice in left]


def _split(formulas: Iterable[Formula]) -> tuple[list[Is], list[Or]]:
    certain: list[Is] = []
    choices: list[Or] = []
    for formula in formulas:
        match formula:
            case Is():
                certain.append(formula)
            case Or():
                choices.append(formula)
            case And(parts):
                more, others = _split(parts)
                certain += more
                choices += others
    return certain, choices


def _still(choice: Or, domains: Domains) -> Or | None:
    """The parts that may still hold; None where one of them holds anyway."""
    answers = [(part, _holds(part, domains)) for part in choice.parts]
    if any(answer is True for _, answer in answers):
        return None
    return Or(tuple(part for part, answer in answers if answer is None))


def _holds(formula: Formula, domains: Domains) -> bool | None:
    """True or False where the values left settle it."""
    match formula:
        case Is(variable, among):
            left = domains[variable]
            return True if left <= among else None if left & among else False
        case And(parts):
            answers = [_holds(part, domains) for part in parts]
            return False if False in answers else None if None in answers else True
        case Or(parts):
            answers = [_holds(part, domains) for part in parts]
            return True if True in answers else None if None in answers else False
