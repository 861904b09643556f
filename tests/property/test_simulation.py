"""Simulation on any rules and messages: what it says is so, and what the ledger does not tell it does not say."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_policy import cases, loaded, rule_files
from triage.core.facts.recorded import facts_of
from triage.core.message import Attachment
from triage.core.office import Mode
from triage.core.policy.case import Case
from triage.core.policy.deciding import OTHERWISE, decide, with_additions
from triage.core.policy.evaluation import additions, evaluate
from triage.core.policy.loading import RuleSet
from triage.core.policy.replay import Recorded, case_of, why_unanswerable
from triage.core.policy.schema import NO_REPLY, Then
from triage.core.policy.simulation import Change, Comparison, Past, Untold
from triage.core.triaged import Triaged
from triage.ledger.recording import Stamp, _decision_row

ATTACHMENT = Attachment(name="a.pdf", content_type="application/pdf", size=1, sha256="00" * 32)


def recorded(case: Case, rule_set: RuleSet) -> Recorded:
    """What the ledger has of a case after it was decided, as JSON columns give it back."""
    decision = decide(rule_set, case)
    triaged = Triaged(
        message=case.message,
        screening=case.screening,
        facts=case.facts,
        classification=case.classification,
        decision=decision,
        history=case.history,
    )
    row = _decision_row(Stamp(office=case.office.id, mode=Mode.LIVE, salt=b"", now=case.now), triaged, 1)
    kept = json.loads(json.dumps({key: row[key] for key in ("facts", "circumstances", "probabilities", "notes")}))
    fields = {name: row[name] for name in Recorded.__dataclass_fields__}
    return Recorded(**{**fields, **kept, "notes": tuple(kept["notes"])})


def told(rule_set: RuleSet, case: Case) -> Then:
    """What is done by the rules, with all of the message known."""
    rule, _ = evaluate(rule_set.rules, case)
    added, _ = additions(rule_set.always, case)
    then = with_additions(rule.then if rule else OTHERWISE, added, machine=case.screening.kind is not None)
    if not decide(rule_set, case).unanswerable:
        return then
    return then.model_copy(update={"reply": NO_REPLY, "hold": then.hold and then.forward is not None})


def truth(old: RuleSet, new: RuleSet, case: Case) -> tuple[Then, Then] | None:
    """How the treatment of a message changes that is known whole; None: it does not."""
    was, becomes = told(old, case), told(new, case)
    return None if was == becomes else (was, becomes)


@given(rule_files(), rule_files(), cases(), st.booleans())
def test_what_simulation_says_of_a_recorded_message_is_what_the_rules_do(
    before: dict[str, Any], after: dict[str, Any], case: Case, attached: bool
) -> None:
    """Whatever the ledger does not keep: an answer given is the true one; and whole cases always get an answer."""
    old, new = loaded(before), loaded(after)
    if old is None or new is None:
        return
    case = replace(case, message=replace(case.message, attachments=(ATTACHMENT,) if attached else ()))
    expected = truth(old, new, case)
    comparison = Comparison(old, new)

    whole = comparison.compare(
        Past(case=case, reference="DEL", unanswerable=decide(old, case).unanswerable, rule=decide(old, case).rule)
    )
    assert not isinstance(whole, Untold)
    assert expected == ((whole.was, whole.becomes) if whole else None)

    kept = recorded(case, old)
    past = Past(case=case_of(kept, case.office), reference="DEL", unanswerable=why_unanswerable(kept), rule=kept.rule)
    found = comparison.compare(past)
    if isinstance(found, Untold):
        assert any(condition.startswith(("header", "sender:")) for condition in found.hangs_on)
    else:
        assert expected == ((found.was, found.becomes) if found else None)
    assert found == comparison.compare(past)


@given(cases())
def test_facts_read_back_are_recorded_the_same(case: Case) -> None:
    """`facts_of` loses nothing that `to_record` gives."""
    record = json.loads(json.dumps(case.facts.to_record()))
    assert json.loads(json.dumps(facts_of(record).to_record())) == record


@given(rule_files(), cases())
def test_the_same_rules_change_nothing(data: dict[str, Any], case: Case) -> None:
    """Not even where the ledger does not tell what a condition asks for."""
    rules = loaded(data)
    if rules is None:
        return
    kept = recorded(case, rules)
    past = Past(case=case_of(kept, case.office), reference="DEL", unanswerable=why_unanswerable(kept), rule="")
    assert not isinstance(Comparison(rules, rules).compare(past), Change)
    assert Comparison(rules, rules).compare(past) is None
