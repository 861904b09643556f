"""Templates: what is refused on loading, and what is made of hostile and empty values."""

import re
from itertools import product

import pytest

from tests.unit.policy.cases import a_case, shipped, shipped_templates
from triage.core.facts.record import Authentication
from triage.core.message import Body, Language
from triage.core.policy.decision import Reason
from triage.core.replies.rendering import FIELDS, WIDTH, Templates, read_templates, wrapped
from triage.core.replies.values import fields_for

EN, FR = Language.ENGLISH, Language.FRENCH
GOOD = "Re: {{ subject }}\nHello\n"

# id: (template texts, problems)
WRONG: dict[str, tuple[dict[str, str], list[str]]] = {
    "a name": ({"Answer.txt": GOOD}, ["Answer.txt: expected a name such as redirect-webform.en.txt or .fr.txt"]),
    "syntax": (
        {"a.en.txt": "Re: x\nHello\n{% if due %}\n", "a.fr.txt": "Re: x\nHello\n"},
        ["a.en.txt:3: not a valid template: Unexpected end of template. Jinja was looking for the following tags: "],
    ),
    "an unknown field": (
        {"a.en.txt": "Re: x\n\nHello {{ ofice }}\n", "a.fr.txt": "Re: x\n\nBonjour {{ ofice }}\n"},
        [
            "a.en.txt:3: unknown field 'ofice'; did you mean 'office'?",
            "a.fr.txt:3: unknown field 'ofice'; did you mean 'office'?",
        ],
    ),
    "the other language is missing": ({"a.en.txt": GOOD}, ["a.en.txt: a.fr.txt is missing beside it"]),
    "one language says less": (
        {"a.en.txt": GOOD + "{{ due }} {{ office }}\n", "a.fr.txt": GOOD + "{{ office }}\n"},
        ["a.fr.txt: does not say what the other language says: due"],
    ),
    "one language says it only if": (
        {
            "a.en.txt": GOOD + "{{ due }} {{ office }}\n",
            "a.fr.txt": GOOD + "{% if due %}{{ due }}{% endif %} {{ office }}\n",
        },
        ["a.fr.txt: says under other conditions than the other language: due"],
    ),
    "one language says it if not": (
        {
            "a.en.txt": GOOD + "{% if due %}{{ office }}{% endif %}\n",
            "a.fr.txt": GOOD + "{% if due %}.{% else %}{{ office }}{% endif %}\n",
        },
        ["a.fr.txt: says under other conditions than the other language: office"],
    ),
    "no text": (
        {"a.en.txt": "Re: x\n", "a.fr.txt": GOOD.replace("{{ subject }}", "x")},
        ["a.en.txt:1: expected the subject in the first line, and a text below it"],
    ),
    "no subject": (
        {"a.en.txt": "\nHello\n", "a.fr.txt": "Re: x\nBonjour\n"},
        ["a.en.txt:1: expected the subject in the first line, and a text below it"],
    ),
    "no text where a field is empty": (
        {"a.en.txt": "Re: x\n{{ due }}\n", "a.fr.txt": "Re: x\nBonjour {{ due }}\n"},
        ["a.en.txt:1: expected the subject in the first line, and a text below it"],
    ),
    "what a text does not have": (
        {"a.en.txt": "Re: x\n{{ due.hour }}\n", "a.fr.txt": "Re: x\n{{ due }}a\n"},
        ["a.en.txt: cannot be rendered: 'str object' has no attribute 'hour'"],
    ),
    "a way out of the sandbox": (
        {"a.en.txt": "Re: x\n{{ due.__class__.__mro__ }}\n", "a.fr.txt": "Re: x\n{{ due }}a\n"},
        ["a.en.txt: cannot be rendered: access to attribute '__class__' of 'str' object is unsafe."],
    ),
    "a sum of words": (
        {"a.en.txt": "Re: x\n{{ due + 1 }}\n", "a.fr.txt": "Re: x\n{{ due }}a\n"},
        ['a.en.txt: cannot be rendered: can only concatenate str (not "int") to str'],
    ),
}


@pytest.mark.parametrize(("texts", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_template_is_refused_on_loading(texts: dict[str, str], expected: list[str]) -> None:
    """Nothing is left to be found when a reply is due."""
    found = read_templates(texts)
    assert isinstance(found, list)
    told = [str(problem) for problem in found]
    assert [one[: len(start)] for one, start in zip(told, expected, strict=True)] == expected


VOUCHED = {"authentication": Authentication.PASS}
HOSTILE = {
    "code": "{{ 7 * 7 }}{% for x in y %}",
    "line ends": "a\r\nBcc: victim@other.example\r\n\r\nbody",
    "controls": "\0\x1b[31m\x85\u2028\u202e",
    "surrogates": "\ud800x",
    "a link": "Your visa is ready https://evil.example/x now",
    "a bare host": "see evil.example today",
    "an address": "write to me@evil.example",
    "long": "word " * 5000,
    "one long word": "x" * 5000,
    "nothing": "",
    "blanks": " \t\n ",
    "many marks": "Re: RE: Re[2]: AW: Ré : real",
    "our mark": "Re: real [automatic reply DEL-TSRW-AG2J]",
    "no mark": "fire: a request",
}


def fields(subject: str, language: Language = EN, **facts: object) -> dict[str, str]:
    """A template's fields for a subject."""
    case = a_case(message={"subject": subject, "body": Body(newest=subject)}, facts=facts)
    return dict(fields_for(case, language, reference="DEL-1", rule=None, reason=Reason.LABEL, due_at=None))


@pytest.mark.parametrize(("text", "language"), [*product(HOSTILE.values(), (EN, FR))])
def test_shipped_templates_bear_hostile_values(text: str, language: Language) -> None:
    """Every template, in both languages: one subject line, wrapped lines, nothing executed, no control characters."""
    for template in sorted(shipped().templates.names()):
        for given in (fields(text, language), fields(text, language, **VOUCHED) | {"earlier": "DEL-2"}):
            rendered = shipped().templates.render(template, (language,), {language: given})
            assert rendered.subject.replace(" ", "").isprintable()
            assert len(rendered.subject) <= 160
            assert "DEL-1" in rendered.subject
            assert "evil" not in rendered.subject + rendered.text
            assert "victim" not in rendered.subject + rendered.text
            lines = rendered.text.split("\n")
            assert max(map(len, lines)) <= max(WIDTH, 82)  # a word of eighty letters stays whole
            assert rendered.text.replace("\n", "").replace("\u00a0", "").isprintable()
            assert "evil" not in rendered.html
            assert "\n\n\n" not in rendered.text


def test_shipped_templates_bear_empty_values() -> None:
    """Without due time, date, quotation or earlier exchange no sentence is left half said."""
    for template, language in product(sorted(shipped().templates.names()), (EN, FR)):
        empty = dict.fromkeys(FIELDS, "") | {
            "subject": "x",
            "reference": "DEL-1",
            "office": "Delhi",
            "webform_url": "x",
            "sorted_as": "URGENT",
            "why": "It is so.",
        }
        text = shipped().templates.render(template, (language,), {language: empty}).text
        assert not re.search(r"by:\s|tard le\u00a0:\s|\(\)|\s\.|\s,|\S {2,}\S", text.replace("\n    \n", "\n")), text


SAID = {
    # what every reply says, in both languages (Directive on Automated Decision-Making; issue item 8)
    "its reference": ("reference number: {{ reference }}", "numéro de référence\u00a0: {{ reference }}"),
    "that software did it": ("oftware", "ogiciel"),
    "that software decides nothing": ("decides nothing", "ne rend"),
    "how to say that it is wrong": ("reply", "répond"),
    "that a person reads": ("person will", "personne l"),
    "that it is automatic": ("[automatic reply {{ reference }}]", "[réponse automatique {{ reference }}]"),
    "what it answers": ("> {{ subject }}", "> {{ subject }}"),
}


@pytest.mark.parametrize(("english", "french"), SAID.values(), ids=SAID.keys())
def test_every_reply_says_what_it_must(english: str, french: str) -> None:
    """In both languages alike; but a correction, which a person sends, is not automatic."""
    for file, text in shipped_templates().items():
        if file.startswith("correction.") and "automatic" in english:
            continue
        wanted = english if ".en." in file else french
        assert wanted.lower() in text.lower(), (file, wanted)


def test_the_redirect_tells_where_why_and_what_to_do_in_an_emergency() -> None:
    """The link, the three kinds, the thirty days, and what to write when it cannot wait."""
    english, french = (shipped_templates()[f"redirect-webform.{language}.txt"] for language in ("en", "fr"))
    for words in (
        "{{ webform_url }}",
        "urgent",
        "serious error",
        "reconsider",
        "30 days",
        "EMERGENCY",
        "what will happen",
    ):
        assert words in english
    for words in (
        "{{ webform_url }}",
        "urgence",
        "erreur grave",
        "réexamen",
        "30\u00a0jours",
        "URGENCE",
        "ce qui doit arriver",
    ):
        assert words in french


def test_no_reply_promises_an_outcome() -> None:
    """The manager passes requests on; nobody is told what the answer will be."""
    for file, text in shipped_templates().items():
        promised = re.findall(
            r"will be (?:approved|granted|corrected|reversed|issued)|sera (?:approuvé|accordé|corrigé)", text
        )
        assert promised == [], file


def test_french_typography() -> None:
    """No-break spaces before colons, curly apostrophes, and no straight ones."""
    for file, text in shipped_templates().items():
        if ".fr." in file:
            prose = re.sub(r"\{[{%].*?[%}]\}", "", text.partition("\n")[2])
            assert not re.search(r"(?<!\u00a0):", prose), file
            assert "'" not in prose, file
            assert not re.search(r" [;!?»]|« ", prose), file


def test_sentences_are_short() -> None:
    """Plain language: under 40 words a sentence, and most far under."""
    for file, text in shipped_templates().items():
        prose = re.sub(r"\{[{%].*?[%}]\}", "x", text)
        sentences = [one for one in re.split(r"[.:;]\s|\n", prose) if one.split()]
        lengths = sorted(len(one.split()) for one in sentences)
        assert lengths[-1] <= 40, file
        assert lengths[len(lengths) // 2] <= 20, file


def test_the_same_conditions_written_in_another_order_are_the_same() -> None:
    """What is compared is what stands under what, not how the sentence runs."""
    texts = {
        "a.en.txt": GOOD + "{% if due %}By {{ due }}.{% endif %} At {{ office }}.\n",
        "a.fr.txt": GOOD + "À {{ office }}{% if due %}, au plus tard le {{ due }}{% endif %}.\n",
    }
    assert isinstance(read_templates(texts), Templates)


def test_both_languages_stand_in_one_message_with_a_word_on_the_first_line() -> None:
    """Who reads only the second language sees at once that it follows."""
    given = {EN: fields("x"), FR: fields("x", FR)}
    rendered = shipped().templates.render("acknowledge-unsure", (FR, EN), given)
    assert rendered.text.startswith("(English follows.)\n\nBonjour,")
    assert "\n------------------------------\n\nHello," in rendered.text
    assert rendered.subject == "Re: x [réponse automatique DEL-1]"


NINES = "number 9 " * 9 + "number"  # 87 characters
WRAPPED = {
    "short": ("a b", "a b"),
    "empty lines": ("a\n\nb\n", "a\n\nb\n"),
    "trailing blanks": ("a  \nb ", "a\nb"),
    "long": (NINES, "number 9 " * 7 + "number 9\nnumber 9 number"),
    "a list": (f"- {NINES}", "- " + "number 9 " * 7 + "number 9\n  number 9 number"),
    "a quote": (f"> {NINES}", "> " + "number 9 " * 7 + "number 9\n> number 9 number"),
    "a word too long": (f"see {'x' * 90} there", f"see\n{'x' * 90}\nthere"),
    "a first word too long": (f"> {'x' * 90} there", f"> {'x' * 90}\n> there"),
    "an indented link": (f"    https://x.example/{'x' * 70}", f"    https://x.example/{'x' * 70}"),
    "no-break spaces": (f"{NINES[:72]}aaa\u00a0: b", f"{NINES[:71]}\naaa\u00a0: b"),
}


@pytest.mark.parametrize(("text", "expected"), WRAPPED.values(), ids=WRAPPED.keys())
def test_lines_are_wrapped_between_words(text: str, expected: str) -> None:
    """At most 76 characters, where words allow; lists and quotes keep their marks."""
    found = wrapped(text)
    assert found == expected
    assert all(len(line) <= WIDTH for line in found.split("\n") if "x" * 40 not in line)


def test_templates_are_compiled_once() -> None:
    """Reading is slow and done on loading; rendering is done for each message."""
    read = read_templates({"a.en.txt": GOOD, "a.fr.txt": GOOD})
    assert isinstance(read, Templates)
    assert read.names() == {"a"}
    assert read.compiled["a", "en"] is read.compiled["a", EN]


def test_a_line_that_is_only_a_condition_leaves_no_gap() -> None:
    """Operators write conditions on lines of their own; readers see one empty line between paragraphs."""
    text = "Re: x\nHello\n\n{% if due %}\nBy {{ due }}.\n{% endif %}\n\nBye\n"
    read = read_templates({"a.en.txt": text, "a.fr.txt": text})
    assert isinstance(read, Templates)
    given = dict.fromkeys(FIELDS, "")
    assert read.render("a", (EN,), {EN: given}).text == "Hello\n\nBye\n"
    assert read.render("a", (EN,), {EN: given | {"due": "noon"}}).text == "Hello\n\nBy noon.\n\nBye\n"
