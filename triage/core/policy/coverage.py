"""What tests have shown of the rules: which ever won, and which conditions were ever found true, and false. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.evaluation import evaluate, try_rule, would_have_won
from triage.core.policy.loading import RuleSet
from triage.core.policy.schema import Matching, Rule

GROUPS = ("all", "any", "none")
Kind = Literal["rule", "trial", "always"]
_WON: Mapping[Kind, str] = {"rule": "won", "trial": "would have won", "always": "added"}


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
    kind: Kind
    won: int = 0  # tests in which it won; on trial: would have; under `always`: was added
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
                found.append(f"never {_WON[self.kind]}: where it matched, an earlier rule did: {above}")
            else:
                found.append(f"never {_WON[self.kind]}: no test matches it")
        for condition in self.conditions:
            found += [
                f"never {word}: {condition.group}: {condition.condition}"
                for word, times in (("true", condition.true), ("false", condition.false))
                if not times
            ]
        return found


def cover(tests: Iterable[tuple[RuleSet, Case]]) -> tuple[RuleCoverage, ...]:
    """Try every rule on every test's case, not only those down to the winner; rules in the order they are met."""
    found: dict[str, RuleCoverage] = {}
    for rule_set, case in tests:
        winner, trials = evaluate(rule_set.rules, case)
        on_trial = would_have_won(rule_set.rules, trials)
        for rule in (*rule_set.rules, *rule_set.always):
            covered = found.get(rule.id) or found.setdefault(rule.id, _uncovered(rule))
            matched = try_rule(rule, case).matched
            covered.matched += matched
            first = _first(rule, winner, on_trial)
            if matched and first is rule:
                covered.won += 1
            elif matched and first is not None:
                covered.first[first.id] = covered.first.get(first.id, 0) + 1
            _try_conditions(rule, case, covered)
    return tuple(found.values())


def _first(rule: Matching, winner: Rule | None, on_trial: Rule | None) -> Matching | None:
    """What had its way where this rule could have had it."""
    if not isinstance(rule, Rule):
        return rule  # nothing stands before what is always added
    return winner if rule.enforce else on_trial or winner


def share(rules: Sequence[RuleCoverage]) -> float:
    """The part of all that could be shown that was: each rule winning, each condition true, and false."""
    shown = [one.won for one in rules]
    shown += [times for one in rules for condition in one.conditions for times in (condition.true, condition.false)]
    return sum(map(bool, shown)) / len(shown) if shown else 1.0


def _uncovered(rule: Matching) -> RuleCoverage:
    conditions = [
        ConditionCoverage(group=group, condition=condition.written)
        for group in GROUPS
        for condition in (getattr(rule.when, group) if rule.when else ())
    ]
    kind: Kind = "always" if not isinstance(rule, Rule) else "rule" if rule.enforce else "trial"
    return RuleCoverage(rule=rule.id, kind=kind, conditions=conditions)


def _try_conditions(rule: Matching, case: Case, covered: RuleCoverage) -> None:
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
