"""What tests have shown of the rules: which ever won, and which conditions were ever found true, and false. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.evaluation import evaluate
from triage.core.policy.schema import Rule

GROUPS = ("all", "any", "none")


@dataclass(slots=True, kw_only=True)
class ConditionCoverage:
    """One condition of a rule, over all tests."""

    group: str  # of `when`
    condition: str  # as the rule file says it
    true: int = 0  # tests in which it held, whichever rule won
    false: int = 0


@dataclass(slots=True, kw_only=True)
class RuleCoverage:
    """One rule, over all tests."""

    rule: str
    won: int = 0
    matched: int = 0  # tests in which it would have won, had it stood first
    first: dict[str, int] = field(default_factory=dict)  # rules that won where it matched too, and how often
    conditions: list[ConditionCoverage] = field(default_factory=list)

    @property
    def gaps(self) -> list[str]:
        """What no test has shown, in sentences; empty: all of it was."""
        found = []
        if not self.won:
            if self.first:
                above = ", ".join(
                    f"'{name}' ({times})" for name, times in sorted(self.first.items(), key=lambda one: -one[1])
                )
                found.append(f"never won: where it matched, an earlier rule did: {above}")
            else:
                found.append("never won: no test matches it")
        for condition in self.conditions:
            found += [
                f"never {word}: {condition.group}: {condition.condition}"
                for word, times in (("true", condition.true), ("false", condition.false))
                if not times
            ]
        return found


def cover(tests: Iterable[tuple[Sequence[Rule], Case]]) -> tuple[RuleCoverage, ...]:
    """Try every rule on every test's case, not only those down to the winner; rules in the order they are met."""
    found: dict[str, RuleCoverage] = {}
    for rules, case in tests:
        winner, _ = evaluate(rules, case)
        for rule in rules:
            covered = found.get(rule.id) or found.setdefault(rule.id, _uncovered(rule))
            matched = evaluate([rule], case)[0] is not None
            covered.matched += matched
            if matched and winner is rule:
                covered.won += 1
            elif matched and winner is not None:
                covered.first[winner.id] = covered.first.get(winner.id, 0) + 1
            _try_conditions(rule, case, covered)
    return tuple(found.values())


def share(rules: Sequence[RuleCoverage]) -> float:
    """The part of all that could be shown that was: each rule winning, each condition true, and false."""
    shown = [one.won for one in rules]
    shown += [times for one in rules for condition in one.conditions for times in (condition.true, condition.false)]
    return sum(map(bool, shown)) / len(shown) if shown else 1.0


def _uncovered(rule: Rule) -> RuleCoverage:
    conditions = [
        ConditionCoverage(group=group, condition=condition.written)
        for group in GROUPS
        for condition in (getattr(rule.when, group) if rule.when else ())
    ]
    return RuleCoverage(rule=rule.id, conditions=conditions)


def _try_conditions(rule: Rule, case: Case, covered: RuleCoverage) -> None:
    asked = (condition for group in GROUPS for condition in (getattr(rule.when, group) if rule.when else ()))
    for condition in asked:
        kept = next((one for one in covered.conditions if one.condition == condition.written), None)
        if kept is None:  # another office's layer asks for something else under the same id
            kept = ConditionCoverage(group="when", condition=condition.written)
            covered.conditions.append(kept)
        if try_condition(condition, case).matched:
            kept.true += 1
        else:
            kept.false += 1
