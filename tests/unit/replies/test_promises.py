"""What replies promise against the rules that send them: what is broken is found, and the shipped rules keep all."""

import pytest

from tests.unit.policy.cases import RULES, a_case, load, shipped, shipped_templates
from triage.core.labels import UNSURE, Label
from triage.core.message import Language
from triage.core.policy.deciding import decide
from triage.core.policy.loading import RuleSet, load_rules
from triage.core.replies.promises import broken_promises, redirects

DEFAULT = (RULES / "default.yaml").read_text(encoding="utf-8")
SAYS_WHEN = "says by when a person answers: it needs respond_within"
SENDS_AWAY = "sends people to the web form: it needs 'label: webform'"
UNHEARD = "may take an answer to an automatic reply, which a person must see"
WEBFORM = "      reply: redirect-webform\n"
LOOSE = """
  - id: parking
    description: Questions about the parking go to the web form.
    when: {{{when}}}
    then: {{folder: webform, reply: redirect-webform}}
"""


def broken(text: str) -> list[tuple[str, str]]:
    """Rule and sentence of each broken promise."""
    loaded = load_rules(text, shipped_templates(), file="default.yaml")
    assert isinstance(loaded, RuleSet), "\n".join(map(str, loaded))
    return [(loaded.rules[one.rule].id, one.message) for one in broken_promises(loaded.rules, loaded.templates)]


def test_the_shipped_rules_keep_what_their_replies_say() -> None:
    """Nothing is found in them."""
    assert broken(DEFAULT) == []


def above(rule: str, when: str) -> str:
    """The shipped rules with a rule of the office above another."""
    mark = f"\n  - id: {rule}\n"
    assert mark in DEFAULT
    return DEFAULT.replace(mark, LOOSE.format(when=when) + mark)


BROKEN = {
    "a due time that no rule sets": (
        DEFAULT.replace(
            "      notify: duty\n      respond_within: ${urgent_answer_within}\n\n  - id: answers", "\n  - id: answers"
        ),
        {("urgent", SAYS_WHEN), ("urgent", UNHEARD)},
    ),
    "people sent away whose message may be urgent": (
        above("urgent", "all: [{header: {name: Subject, matches: parking}}]"),
        {("parking", SENDS_AWAY)},
    ),
    "people sent away where the service is unsure": (
        above("unsure", "all: [{label: [webform, unsure]}]"),
        {("parking", SENDS_AWAY)},
    ),
    "an answer to a redirect sent to the web form again": (
        above("answers-our-reply", "all: [{label: webform}, {topic: medical}]"),
        {("parking", UNHEARD)},
    ),
    "answers heard on some days only": (
        DEFAULT.replace("- answers: our-reply\n", "- answers: our-reply\n        - has: date\n"),
        {("webform", UNHEARD)},
    ),
    "an answer put away without a person": (
        DEFAULT.replace("reply: acknowledge-answer\n      respond_within: ${review_within}\n", "reply: none\n"),
        {("answers-our-reply", UNHEARD)},
    ),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_promise_is_found(text: str, expected: set[tuple[str, str]]) -> None:
    """With the rule that breaks it, and no other."""
    assert text != DEFAULT
    found = broken(text)
    assert {
        (rule, next(one for one in (SAYS_WHEN, SENDS_AWAY, UNHEARD) if one in said)) for rule, said in found
    } == expected


KEPT = {
    "answers left out by none": above("answers-our-reply", "all: [{label: webform}], none: [{answers: our-reply}]"),
    "below the rules that take the rest": above("webform", "all: [{topic: medical}]"),
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_the_rules_around_make_impossible_is_not_told(text: str) -> None:
    """The question is what can happen, not how the rule is written."""
    assert broken(text) == []


def test_a_template_redirects_if_it_names_the_web_form() -> None:
    """Whatever its name is."""
    assert [name for name in sorted(shipped().templates.names()) if redirects(shipped().templates, name)] == [
        "redirect-webform"
    ]
    assert not redirects(shipped().templates, "none")


def test_small_rule_sets_are_held_to_it_too() -> None:
    """Where there is a reply but nobody set to hear the answer."""
    loaded = load("rules: [{id: all, description: Answers all., then: {folder: review, reply: answer}}]")
    assert isinstance(loaded, RuleSet)
    assert len(broken_promises(loaded.rules, loaded.templates)) == 1


@pytest.mark.parametrize("label", [*Label, UNSURE, None])
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("known", ["DEL-0000-0000", None])
def test_an_answer_to_a_redirect_goes_to_a_person(
    label: Label | str | None, language: Language, known: str | None
) -> None:
    """Whatever it says: to a folder that people read, with a due time, and never to the web form again."""
    case = a_case(label, facts={"language": language}, history={"answers": known, "answers_our_reply": True})
    decision = decide(shipped(), case)
    rule = next(rule for rule in shipped().rules if rule.id == decision.rule)
    assert not redirects(shipped().templates, rule.then.reply)
    assert decision.due_at is not None
    assert decision.folder not in {"Webform", "Automated"}
    assert rule.then.flag
