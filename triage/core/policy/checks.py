"""Rules that can never do what they say: contradictions, rules below others that take all of theirs, empty patterns.

Only what is sure is told: that two patterns, or two topics, exclude each other is not known here and never supposed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from triage.core.policy.evaluation import takes_from
from triage.core.policy.loading import Part
from triage.core.policy.patterns import matches_everything, matches_nothing
from triage.core.policy.possibilities import GROUPS, World
from triage.core.policy.reasoning import Formula, impossible, least, negated
from triage.core.policy.schema import Always, Matching, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a rule."""

    rule: int  # its place in the list
    part: Part = "rules"  # the list
    path: tuple[str | int, ...]  # within the rule
    message: str


def findings(rules: Sequence[Rule], office_ids: Sequence[str]) -> list[Finding]:
    """Everything that is surely wrong with rules that are tried in this order, in their order."""
    world = World(rules, office_ids)
    formulas = [world.of_rule(rule) for rule in rules]
    found: list[Finding] = []
    earlier: list[tuple[Rule, Formula]] = []  # what each earlier rule leaves to those below it
    for number, rule in enumerate(rules):
        found += _empty_patterns(number, rule)
        if contradiction := _contradiction(number, rule, world):
            found.append(contradiction)
            continue
        above = [(one.id, formula) for one, formula in earlier if takes_from(one, rule)]
        left = [formula for _, formula in above]
        if impossible([formulas[number], *left], world.domains):
            needed = least(left, world.domains, beside=[formulas[number]])
            found.append(Finding(rule=number, path=("id",), message=_shadowed([above[one][0] for one in needed])))
            continue  # those that shadow it take as much from the rules below
        earlier.append((rule, negated(formulas[number], world.domains)))
    return found


def findings_of_always(always: Sequence[Always], office_ids: Sequence[str]) -> list[Finding]:
    """The same of what is added whichever rule wins: all that match are, so none can stand in another's way."""
    world = World(always, office_ids)
    found: list[Finding] = []
    for number, one in enumerate(always):
        found += _empty_patterns(number, one)
        if contradiction := _contradiction(number, one, world):
            found.append(contradiction)
    return [replace(one, part="always") for one in found]


def _shadowed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"can never win: the earlier rule '{names[0]}' matches whatever this one matches"
    listed = ", ".join(f"'{name}'" for name in names)
    return f"can never win: one of the earlier rules {listed} matches whatever this one matches"


def _contradiction(number: int, rule: Matching, world: World) -> Finding | None:
    parts = world.parts_of(rule.when)
    if not impossible([formula for _, formula in parts], world.domains):
        return None
    kept = [parts[place] for place in least([formula for _, formula in parts], world.domains)]
    paths = [path for path, _ in kept]
    asked = "; ".join(_written(rule, path) for path in paths)
    what = "these conditions can never hold together" if len(paths) > 1 else "this can never hold"
    return Finding(rule=number, path=("when", *paths[-1]), message=f"{what}: {asked}")


def _written(rule: Matching, path: tuple[str | int, ...]) -> str:
    group, *place = path
    conditions = getattr(rule.when, str(group))
    asked = [conditions[int(place[0])]] if place else conditions
    return f"{group}: {' or '.join(one.written for one in asked)}"


def _empty_patterns(number: int, rule: Matching) -> Iterator[Finding]:
    for group in GROUPS if rule.when else ():
        for place, condition in enumerate(getattr(rule.when, group)):
            asked = condition.header or condition.sender
            if asked is None or asked.matches is None:
                continue
            pattern = asked.matches
            path = ("when", group, place, condition.kind, "matches")
            if matches_everything(pattern):
                message = (
                    f"'{pattern}' matches every value, even an empty one; expected some words of the {condition.kind}"
                )
                yield Finding(rule=number, path=path, message=message)
            elif matches_nothing(pattern):
                message = f"'{pattern}' can never match: something stands before ^, or after $"
                yield Finding(rule=number, path=path, message=message)
