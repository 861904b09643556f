"""Whatever an office's file says: what comes of it is determined by what it means, not by how it is written."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.test_policy import shuffled
from tests.unit.policy.layers import DEFAULT, TEMPLATES
from triage.core.located_yaml import Problem
from triage.core.policy.effective import as_yaml
from triage.core.policy.loading import Rulebook, RuleSet, load_book, load_rules

RULES = ("early", "late")
CONDITIONS = st.sampled_from([{"topic": "medical"}, {"has": ["harm", "date"]}, {"machine": "any"}, {"language": "fr"}])
GROUPS = st.sampled_from(["all", "any", "none"])
WHEN = st.dictionaries(GROUPS, st.lists(CONDITIONS, min_size=1, max_size=2), min_size=1)
THEN = {
    "folder": st.sampled_from(["urgent", "review"]),
    "reply": st.sampled_from(["answer", "none"]),
    "flag": st.booleans(),
    "keywords": st.sampled_from(["$One", ["$Early", "$Two"], "${marks}", None]),
    "notify": st.sampled_from(["duty", "deputy", None]),
    "respond_within": st.sampled_from(["3 working days", "4 working hours", "${answer_within}", None]),
}
CHANGES = st.fixed_dictionaries({}, optional=THEN).filter(bool)
OWN = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["own", "other", *RULES]),  # the last two are refused
        "description": st.just("A rule of a test."),
        "when": WHEN,
        "then": st.fixed_dictionaries(
            {"folder": THEN["folder"], "reply": THEN["reply"]}, optional={"flag": THEN["flag"]}
        ),
    }
)
PARAMETERS = {
    "answer_within": st.sampled_from(["1 working day", "4 working hours"]),
    "marks": st.sampled_from(["$One", ["$Two", "$Three"]]),
}
CHANGED: dict[str, st.SearchStrategy[Any]] = {"id": st.sampled_from(RULES), "then": CHANGES}
OVERRIDES = st.lists(
    st.fixed_dictionaries(CHANGED, optional={"when": WHEN}),
    min_size=1,
    max_size=2,
    unique_by=lambda one: repr(one["id"]),
)
INSERTION = st.builds(
    lambda side, place, rules: {side: place, "rules": rules},
    st.sampled_from(["before", "after"]),
    st.sampled_from(RULES),
    st.lists(OWN, min_size=1, max_size=2),
)
LAYERS = st.fixed_dictionaries(
    {},
    optional={
        "parameters": st.fixed_dictionaries({}, optional=PARAMETERS).filter(bool),
        "overrides": OVERRIDES,
        "insert": st.lists(INSERTION, min_size=1, max_size=2),
        "disable": st.just([{"id": "late", "reason": "Nobody needs it."}]),
    },
)


def laid(layer: Any) -> Rulebook | list[Problem]:
    """The default with one office's file."""
    return load_book({"default.yaml": DEFAULT, **TEMPLATES, "offices/delhi.yaml": json.dumps(layer)}, folder="rules")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS, st.randoms(use_true_random=False))
def test_merging_is_total_deterministic_and_independent_of_the_order_of_keys(layer: Any, random: Random) -> None:
    """The same rules come of it, or it is refused, each time; every part of a rule knows where it is written."""
    first, again, turned = laid(layer), laid(layer), laid(shuffled(layer, random))
    assert isinstance(first, list) == isinstance(again, list) == isinstance(turned, list)
    if isinstance(first, list) or isinstance(again, list) or isinstance(turned, list):
        assert first == again
        return
    rule_set = first.for_office("delhi")
    assert rule_set.rules == again.for_office("delhi").rules == turned.for_office("delhi").rules
    assert rule_set.digest == turned.for_office("delhi").digest
    assert all(one.source.document.file.startswith("rules/") for one in rule_set.parameters.values())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS)
def test_what_is_taken_says_something_and_the_default_stays_as_it_was(layer: Any) -> None:
    """A file that is taken makes other rules; the other offices' are not touched; written out, it reads the same."""
    found = laid(layer)
    if isinstance(found, list):
        assert found
        return
    rule_set, default = found.for_office("delhi"), found.for_office("paris")
    assert default.digest == load_default().digest
    templates = {name.removeprefix("templates/"): text for name, text in TEMPLATES.items()}
    again = load_rules(as_yaml(rule_set, "rules"), templates, file="again.yaml")
    assert isinstance(again, RuleSet), "\n".join(map(str, again))
    assert again.digest == rule_set.digest


def load_default() -> RuleSet:
    """The default alone."""
    found = load_book({"default.yaml": DEFAULT, **TEMPLATES}, folder="rules")
    assert isinstance(found, Rulebook)
    return found.default


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_file_that_says_nothing_new_is_refused(rule: str, data: st.DataObject) -> None:
    """Whichever of a rule's own actions and conditions it repeats: it would hide that nothing is other."""
    default = load_default()
    written = next(one.data for one in default.written if one.id == rule)
    said = {
        key: written["then"][key] for key in data.draw(st.sets(st.sampled_from(sorted(written["then"])), min_size=1))
    }
    layer: dict[str, Any] = {"id": rule, "then": said}
    if data.draw(st.booleans()):
        layer["when"] = written["when"]
    found = laid({"overrides": [layer]})
    assert isinstance(found, list)
    assert ["changes nothing" in one.message for one in found] == [True]
