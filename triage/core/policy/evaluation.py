"""Tries the rules in order on one case: exactly one wins, the first that matches and is enforced."""

from collections.abc import Sequence

from triage.core.facts.record import Authentication
from triage.core.labels import UNSURE
from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.decision import ConditionTrial, Reason, RuleTrial
from triage.core.policy.schema import Always, Matching, Rule, When


def evaluate(rules: Sequence[Rule], case: Case) -> tuple[Rule | None, tuple[RuleTrial, ...]]:
    """Give the winner, or None, and every rule that was tried. Total and deterministic.

    A rule on trial never wins, so that the rules below it act as if it were not there.
    """
    trials: list[RuleTrial] = []
    for rule in rules:
        trials.append(try_rule(rule, case))
        if trials[-1].matched and rule.enforce:
            return rule, tuple(trials)
    return None, tuple(trials)


def would_have_won(rules: Sequence[Rule], trials: Sequence[RuleTrial]) -> Rule | None:
    """The rule on trial that would have won, were all enforced; `trials` as `evaluate` gives them for these rules."""
    tried = zip(rules, trials, strict=False)  # rules below the winner were not tried
    return next((rule for rule, trial in tried if trial.matched and not trial.enforced), None)


def takes_from(earlier: Rule, rule: Rule) -> bool:
    """Whether what `earlier` matches never comes to `rule`: one on trial takes only from others on trial."""
    return earlier.enforce or not rule.enforce


def additions(always: Sequence[Always], case: Case) -> tuple[tuple[Always, ...], tuple[RuleTrial, ...]]:
    """Give all that is to be added, whichever rule won, and everything that was tried; in order."""
    trials = tuple(try_rule(one, case) for one in always)
    return tuple(one for one, trial in zip(always, trials, strict=True) if trial.matched), trials


def try_rule(rule: Matching, case: Case) -> RuleTrial:
    """Hold a rule, or something under `always`, against the case, whatever stands above it."""
    matched, conditions = _try(rule.when, case) if rule.when else (True, ())
    enforced = rule.enforce if isinstance(rule, Rule) else True
    return RuleTrial(rule=rule.id, matched=matched, conditions=conditions, enforced=enforced)


def reason_for(rule: Rule | None, case: Case) -> Reason:
    """Name the reason of the winner's winning: the strongest of the things that it asked about and found."""
    if rule is None:
        return Reason.NO_RULE
    met = _met(rule.when, case) if rule.when else set()
    if "machine" in met:
        return Reason.AUTOMATED
    if "unparseable" in met and case.message.unparseable:
        return Reason.UNPARSEABLE
    if "authentication" in met and case.facts.authentication is Authentication.FAIL:
        return Reason.SUSPECT_SENDER
    if "answers" in met:
        return Reason.ANSWERS_US
    return _verdict_reason(case) if "label" in met else Reason.FACT


def _verdict_reason(case: Case) -> Reason:
    if case.classification is not None:
        return Reason.UNSURE if case.verdict == UNSURE else Reason.LABEL
    # What cannot be read is not classified either, and then the model is not to blame.
    return Reason.UNPARSEABLE if case.message.unparseable else Reason.NO_MODEL


def _try(when: When, case: Case) -> tuple[bool, tuple[ConditionTrial, ...]]:
    """Every condition is tried, though one may settle it: people want to see them all (pitfalls users 10)."""
    required = [try_condition(condition, case) for condition in when.all]
    alternatives = [try_condition(condition, case) for condition in when.any]
    forbidden = [_turned(try_condition(condition, case)) for condition in when.none]
    matched = (
        all(trial.matched for trial in required)
        and (not alternatives or any(trial.matched for trial in alternatives))
        and all(trial.matched for trial in forbidden)
    )
    return matched, (*required, *alternatives, *forbidden)


def _turned(trial: ConditionTrial) -> ConditionTrial:
    return ConditionTrial(condition=f"not {trial.condition}", matched=not trial.matched, found=trial.found)


def _met(when: When, case: Case) -> set[str]:
    """The kinds of the winner's conditions that hold; those under `none` do not, so they are no reason."""
    holding = (condition for condition in when.any if try_condition(condition, case).matched)
    return {condition.kind for condition in (*when.all, *holding)}
