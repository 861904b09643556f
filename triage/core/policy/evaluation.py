"""Tries the rules in order on one case: exactly one wins, the first that matches."""

from collections.abc import Sequence

from triage.core.labels import UNSURE
from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.decision import ConditionTrial, Reason, RuleTrial
from triage.core.policy.schema import Rule, When


def evaluate(rules: Sequence[Rule], case: Case) -> tuple[Rule | None, tuple[RuleTrial, ...]]:
    """Give the winner, or None, and every rule that was tried. Total and deterministic."""
    trials: list[RuleTrial] = []
    for rule in rules:
        matched, conditions = _try(rule.when, case) if rule.when else (True, ())
        trials.append(RuleTrial(rule=rule.id, matched=matched, conditions=conditions))
        if matched:
            return rule, tuple(trials)
    return None, tuple(trials)


def reason_for(rule: Rule | None, case: Case) -> Reason:
    """Name the reason of the winner's winning: by the strongest thing that its conditions ask about."""
    if rule is None:
        return Reason.NO_RULE
    asked = _asked(rule.when) if rule.when else set()
    for kind, reason in _REASONS.items():
        if kind in asked:
            return reason
    if "label" not in asked:
        return Reason.FACT
    if case.classification is None:
        return Reason.NO_MODEL
    return Reason.UNSURE if case.verdict == UNSURE else Reason.LABEL


_REASONS = {
    "machine": Reason.AUTOMATED,
    "unparseable": Reason.UNPARSEABLE,
    "authentication": Reason.SUSPECT_SENDER,
    "answers": Reason.ANSWERS_US,
}


def _try(when: When, case: Case) -> tuple[bool, tuple[ConditionTrial, ...]]:
    required = [try_condition(condition, case) for condition in when.all]
    alternatives = [try_condition(condition, case) for condition in when.any]
    forbidden = [try_condition(condition, case) for condition in when.none]
    matched = (
        all(trial.matched for trial in required)
        and (not alternatives or any(trial.matched for trial in alternatives))
        and not any(trial.matched for trial in forbidden)
    )
    return matched, (*required, *alternatives, *forbidden)


def _asked(when: When) -> set[str]:
    return {condition.kind for condition in (*when.all, *when.any)}
