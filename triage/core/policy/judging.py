"""What a test expects beside what was decided: each difference, and which condition kept the expected rule back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.core.effects import AddFlags, Call, Effect, Forward, Notify, Reply
from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.deciding import FLAGGED
from triage.core.policy.decision import ConditionTrial, Decision
from triage.core.policy.evaluation import try_rule
from triage.core.policy.rule_tests import NOTHING, Expected
from triage.core.policy.schema import Rule
from triage.core.working_time import WorkingTime, due


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected."""

    what: str  # the key under `expect`
    expected: str
    got: str


def differences(expected: Expected, decision: Decision, case: Case) -> tuple[Difference, ...]:
    """Compare what the test wrote, and nothing else."""
    found = []
    for what in Expected.model_fields:
        wanted = getattr(expected, what)
        if wanted is not None:
            want, got = _COMPARED[what](wanted, decision, case)
            if want != got:
                found.append(Difference(what=what, expected=want, got=got))
    return tuple(found)


def why_not(rule_id: str, rules: Sequence[Rule], case: Case, decision: Decision) -> tuple[str, ...]:
    """Say why the expected rule did not win: what it asks for and was not found, or which rule came first."""
    rule = next((one for one in rules if one.id == rule_id), None)
    if rule is None:
        return (f"this office has no rule '{rule_id}'",)
    trial = try_rule(rule, case)
    if not trial.matched:
        return tuple(_unmet(rule, trial.conditions))
    if not rule.enforce:
        return (f"'{rule_id}' matches, but it is on trial (enforce: false): expect it under 'on_trial'",)
    first = next((one for one in rules if one.id == decision.rule), None)
    return (f"'{rule_id}' matches too, but '{decision.rule}' stands above it and matches first{_grounds(first, case)}",)


def why_not_on_trial(rule_id: str, rules: Sequence[Rule], case: Case, decision: Decision) -> tuple[str, ...]:
    """Say why the rule that was expected to be the one on trial is not."""
    rule = next((one for one in rules if one.id == rule_id), None)
    if rule is None or not try_rule(rule, case).matched:
        return why_not(rule_id, rules, case, decision)
    if rule.enforce:
        return (f"'{rule_id}' matches, and is not on trial: expect it under 'rule'",)
    above = decision.on_trial.rule if decision.on_trial else decision.rule
    return (f"'{rule_id}' matches too, but '{above}' stands above it and matches first",)


def _grounds(rule: Rule | None, case: Case) -> str:
    """What the winner asked for and found."""
    if rule is None or rule.when is None:
        return ""
    met = [one.written for one in (*rule.when.all, *rule.when.any) if try_condition(one, case).matched]
    return f", on {'; '.join(met)}" if met else ""


def _unmet(rule: Rule, trials: Sequence[ConditionTrial]) -> Iterator[str]:
    """The conditions that did not hold; those under `any` only where none of them did."""
    assert rule.when is not None
    required, alternatives = len(rule.when.all), len(rule.when.all) + len(rule.when.any)
    one_holds = any(trial.matched for trial in trials[required:alternatives])
    for number, trial in enumerate(trials):
        is_alternative = required <= number < alternatives
        if not trial.matched and not (is_alternative and one_holds):
            asked = f"one of any, {trial.condition}" if is_alternative else trial.condition
            yield f"it asks for  {asked}  and found: {trial.found}"


def _one(decision: Decision, kind: type[Effect], name: str) -> str:
    return next((str(getattr(effect, name)) for effect in decision.plan if isinstance(effect, kind)), NOTHING)


def _flags(decision: Decision) -> tuple[str, ...]:
    return tuple(flag for effect in decision.plan if isinstance(effect, AddFlags) for flag in effect.flags)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names)) or NOTHING


def _folder(wanted: str, decision: Decision, case: Case) -> tuple[str, str]:
    roles = [role for role, name in case.office.folders.items() if name == decision.folder]
    return wanted, next(iter(roles), decision.folder)


def _reply(wanted: str, decision: Decision, _case: Case) -> tuple[str, str]:
    got = _one(decision, Reply, "template")
    refused = next((note for note in decision.notes if note.startswith("not answered")), "")
    return wanted, f"{got} ({refused})" if refused and got != wanted else got


def _keywords(wanted: Sequence[str], decision: Decision, _case: Case) -> tuple[str, str]:
    return _listed(wanted), _listed([flag for flag in _flags(decision) if flag != FLAGGED])


def _notified(wanted: Sequence[str], decision: Decision, _case: Case) -> tuple[str, str]:
    return _listed(wanted), _listed([effect.contact for effect in decision.plan if isinstance(effect, Notify | Call)])


def _hold(wanted: bool, decision: Decision, _case: Case) -> tuple[str, str]:
    held = any(isinstance(effect, (Reply, Forward)) and effect.held for effect in decision.plan)
    return str(wanted).lower(), str(held).lower()


def _within(wanted: WorkingTime | str, decision: Decision, case: Case) -> tuple[str, str]:
    if not isinstance(wanted, WorkingTime):
        return wanted, _moment(decision.due_at, case)
    at = due(case.now, wanted, case.office.hours, case.office.zone)
    want = f"{wanted} ({_moment(at, case)})"
    return want, want if at == decision.due_at else _moment(decision.due_at, case)


def _due(wanted: datetime | str, decision: Decision, case: Case) -> tuple[str, str]:
    if not isinstance(wanted, datetime):
        return wanted, _moment(decision.due_at, case)
    return _moment(wanted.replace(tzinfo=case.office.zone), case), _moment(decision.due_at, case)


def _moment(at: datetime | None, case: Case) -> str:
    return f"{at.astimezone(case.office.zone):%a %Y-%m-%d %H:%M}" if at else NOTHING


_COMPARED: Mapping[str, Callable[[Any, Decision, Case], tuple[str, str]]] = {
    "rule": lambda wanted, decision, _: (wanted, decision.rule),
    "folder": _folder,
    "reply": _reply,
    "flag": lambda wanted, decision, _: (str(wanted).lower(), str(FLAGGED in _flags(decision)).lower()),
    "keywords": _keywords,
    "forward": lambda wanted, decision, _: (wanted, _one(decision, Forward, "unit")),
    "notify": _notified,
    "respond_within": _within,
    "due": _due,
    "hold": _hold,
    "always": lambda wanted, decision, _: (_listed(wanted), _listed(decision.always)),
    "on_trial": lambda wanted, decision, _: (wanted, decision.on_trial.rule if decision.on_trial else NOTHING),
    "reason": lambda wanted, decision, _: (wanted.value, decision.reason.value),
}
