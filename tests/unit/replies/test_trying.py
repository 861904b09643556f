"""Trying templates: the shipped ones bear everything, and what a careless one does is found and named."""

import pytest

from tests.unit.policy.cases import NOW, OFFICE, shipped
from triage.core.policy.loading import RuleSet, load_rules
from triage.core.replies.trying import HOSTILE, problems_of

RULES = """
rules:
  - id: all
    description: Answers whatever comes.
    then: {folder: review, reply: answer, respond_within: 1 working day}
"""
GOOD = "Re: {{ subject }} [{{ reference }}]\nHello,\n\nYour number: {{ reference }}\n\n> {{ subject }}\n{{ quote }}\n"


def found(english: str, french: str | None = None) -> list[str]:
    """What is wrong with a template."""
    texts = {"answer.en.txt": english, "answer.fr.txt": english if french is None else french}
    rule_set = load_rules(RULES, texts, file="rules.yaml")
    assert isinstance(rule_set, RuleSet), "\n".join(map(str, rule_set))
    return [str(problem) for problem in problems_of(rule_set, OFFICE, NOW)]


def test_the_shipped_replies_bear_whatever_comes() -> None:
    """Nothing is wrong with any, in either language, for any rule that sends it."""
    assert list(problems_of(shipped(), OFFICE, NOW)) == []


def test_a_plain_template_is_well() -> None:
    """The smallest that says its number."""
    assert found(GOOD) == []


LONG = "A sentence that goes on " + "and on " * 20 + "ends here."
CARELESS = {
    "no reference": (GOOD.replace("Your number: {{ reference }}", "Hello again."), "the reference number is missing"),
    "half a sentence": (GOOD + "\nWe answer by:\n\n{{ due }}\n", "“We answer by:” is followed by nothing"),
    "empty brackets": (GOOD + "\nSee ({{ earlier }}).\n", "“See ().” has empty brackets"),
    "a promise without a time": (GOOD + "\nA person will answer you.\n", "promises an answer where no time is set"),
    "a sentence too long": (GOOD + f"\n{LONG}\n", "a sentence of 47 words; at most 30"),
    "a line without blanks": (
        GOOD.replace("> {{ subject }}", "> {{ subject | replace(' ', '\u00a0') }}"),
        "with a very long text in the message: a line is not wrapped",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CARELESS.values(), ids=CARELESS.keys())
def test_a_careless_template_is_told(text: str, expected: str) -> None:
    """With its file and, where it was a value, which."""
    told = found(text)
    assert any(expected in one for one in told) if expected else told == []
    assert all(one.startswith(("answer.en.txt: ", "answer.fr.txt: ")) for one in told)


def test_a_french_promise_is_told_too() -> None:
    """Each language by its own words."""
    told = found(GOOD, GOOD + "\nUne personne vous répondra.\n")
    assert [one.partition(":")[0] for one in told if "promises" in one] == ["answer.fr.txt"]
    assert not any("answer.en.txt" in one for one in told)


def test_markup_that_gets_through_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check would see it if escaping failed: it looks at what is sent, not at how it is made."""
    monkeypatch.setattr(
        "triage.core.replies.rendering.page", lambda subject, parts, follows=(): f"<p>{parts[0].text}</p>"
    )
    monkeypatch.setattr("triage.core.replies.repeating._harmless", lambda line: line)
    told = found(GOOD)
    assert any("with markup in the message: there is an element <img> in the page" in one for one in told)
    assert any("with links and numbers in the message: a link of the sender's is in it" in one for one in told)


def test_controls_and_header_fields_that_get_through_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for line ends in a subject, if they were not made spaces."""
    monkeypatch.setattr("triage.core.replies.repeating.one_line", lambda text: text)
    monkeypatch.setattr("triage.core.replies.rendering.one_line", lambda text: text)
    monkeypatch.setattr(
        "triage.core.replies.composing.text_field", lambda name, text: f"{name}: {text}\r\n".encode("utf-8", "replace")
    )
    told = found("Re: x {{ quote }} [{{ reference }}]\nHello,\n\nYour number: {{ reference }}\n\n{{ quote }}\n")
    assert any("with marks of direction in the message: a control character is in it" in one for one in told)
    assert any("a line is not fit for every relay" in one for one in told)


def test_hostile_values_are_hostile() -> None:
    """Each kind that mail has been broken with is among them."""
    everything = "".join(HOSTILE.values())
    for needed in ("\r\n", "\u2028", "\u202e", "<script>", "{{", "{%", "https://", "Bcc:", "x" * 999):
        assert needed in everything
    assert "" in HOSTILE.values()
