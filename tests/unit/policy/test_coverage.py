"""Coverage: a rule that never wins, and a condition that no test finds true, or false, are named."""

from dataclasses import replace

from tests.unit.policy.cases import a_case, rules_of
from triage.core.policy.coverage import cover, share

RULES = rules_of("""
rules:
  - id: urgent
    description: The first rule.
    when: {all: [{label: urgent}]}
    then: {folder: urgent, reply: none}
  - id: french
    description: The second rule.
    when: {all: [{language: [en, fr]}], none: [{label: webform}]}
    then: {folder: review, reply: none}
""")


def test_a_rule_is_tried_on_each_case_whichever_won() -> None:
    """What it would have done is known of cases that an earlier rule took."""
    urgent, french = cover([(RULES, a_case("urgent")), (RULES, a_case("webform"))])
    assert (urgent.won, urgent.matched, urgent.gaps) == (1, 1, [])
    assert (french.won, french.matched, french.first) == (0, 1, {"urgent": 1})
    assert french.gaps == [
        "never won: where it matched, an earlier rule did: 'urgent' (1)",
        "never false: all: language: en, fr",
    ]


def test_a_rule_that_no_test_matches_says_so() -> None:
    """And its condition was never true."""
    urgent, _ = cover([(RULES, a_case("webform"))])
    assert urgent.gaps == ["never won: no test matches it", "never true: all: label: urgent"]


def test_the_share_counts_rules_that_won_and_both_answers_of_conditions() -> None:
    """Here one rule of two, and five answers of six."""
    assert share(cover([(RULES, a_case("urgent")), (RULES, a_case("webform"))])) == 6 / 8
    assert share(()) == 1


def test_another_offices_conditions_under_the_same_id_are_counted_apart() -> None:
    """An office may override a rule: what its own conditions found is not taken for the other's."""
    urgent, french = RULES.rules
    here, there = (replace(RULES, rules=(one,)) for one in (urgent, urgent.model_copy(update={"when": french.when})))
    (covered,) = cover([(here, a_case("urgent")), (there, a_case("urgent"))])
    assert [one.condition for one in covered.conditions] == ["label: urgent", "language: en, fr", "label: webform"]
