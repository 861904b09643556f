"""Reply templates: bilingual, sandboxed, and strict: a name that is not given is an error, found on loading."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from triage.core.located_yaml import Problem, nearest
from triage.core.message import Language
from triage.core.replies.fields import one_line
from triage.core.replies.html import Part, page
from triage.core.replies.repeating import cut

WIDTH = 76  # RFC 5322 §2.1.1 asks for 78 at most; two are left for a quote mark
LONGEST_SUBJECT = 160
# What templates may say, by name. A field without a value is "", so that `{% if due %}` asks for it.
FIELDS: Mapping[str, str] = {
    "office": "the office's name in the reader's language",
    "address": "the manager inbox's own address",
    "reference": "the message's number, DEL-7F3K-9Q2M",
    "earlier": "the number of the exchange that the message continues, if any",
    "sorted_as": "what the software sorted the message as, in capitals: SERIOUS ERROR",
    "why": "why, in a sentence of its own: Your message seems to point to a mistake by the office.",
    "due": "when a person must have answered, in words, in the office's time; if the rule says so",
    "subject": "the message's subject, shortened, without links and long numbers",
    "sent": "when the message was sent, in words, if known",
    "quote": "the beginning of what the sender wrote, if their domain vouches for it; each line begins with > already",
    "webform_url": "the case-specific enquiry form",
}
_NAME = re.compile(r"([a-z][a-z0-9-]*)\.(en|fr)\.txt")
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_OTHER = {"en": "fr", "fr": "en"}
_FOLLOWS = {Language.ENGLISH: "(English follows.)", Language.FRENCH: "(Le français suit.)"}
_RULE = "-" * 30
_BLANK_LINES = re.compile(r"\n(?: *\n){2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A reply's words."""

    subject: str  # one line
    text: str  # wrapped, "\\n" line ends
    html: str  # the same text as a page


@dataclass(frozen=True, slots=True)
class Templates:
    """Checked templates, compiled, by name and language code; each is in both languages."""

    compiled: Mapping[tuple[str, str], Template]
    said: Mapping[tuple[str, str], frozenset[str]]  # the fields that each asks for

    def names(self) -> set[str]:
        """The names that rules may use."""
        return {name for name, _ in self.compiled}

    def fields(self, name: str) -> frozenset[str]:
        """The fields that a template asks for, in both languages alike; none where there is no such template."""
        return self.said.get((name, "en"), frozenset())

    def unwrapped(self, name: str, language: Language, fields: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text in one language, each paragraph on one line."""
        return _filled_in(self.compiled[name, language], fields)

    def render(
        self, name: str, languages: Sequence[Language], fields: Mapping[Language, Mapping[str, str]]
    ) -> Rendered:
        """Render in one language, or in several, one below the other; `fields` has a text for each of FIELDS."""
        said = [self.unwrapped(name, language, fields[language]) for language in languages]
        subject, follows = said[0][0], [(language.value, _FOLLOWS[language]) for language in languages[1:]]
        texts = [words for _, words in follows] + [f"\n\n{_RULE}\n\n".join(wrapped(text) for _, text in said)]
        parts = [
            Part(language=language.value, text=text, link=fields[language]["webform_url"])
            for language, (_, text) in zip(languages, said, strict=True)
        ]
        return Rendered(subject=subject, text="\n\n".join(texts) + "\n", html=page(subject, parts, follows))


def read_templates(texts: Mapping[str, str]) -> Templates | list[Problem]:
    """Read templates by file name ("redirect-webform.en.txt"); or every problem: names, syntax, unknown fields.

    A template's first line is the subject. Both languages must be there and must carry the same fields, so that
    nobody is told less for the language they write in.
    """
    problems: list[Problem] = []
    compiled: dict[tuple[str, str], Template] = {}
    said: dict[tuple[str, str], set[str]] = {}
    placed: dict[tuple[str, str], frozenset[str]] = {}
    for file, text in sorted(texts.items()):
        named = _NAME.fullmatch(file)
        if not named:
            problems.append(Problem(file=file, message="expected a name such as redirect-webform.en.txt or .fr.txt"))
            continue
        key = (named[1], named[2])
        try:
            tree = _ENVIRONMENT.parse(text)
            said[key] = meta.find_undeclared_variables(tree)
            placed[key] = frozenset(_placed(tree, ()))
            compiled[key] = _ENVIRONMENT.from_string(text)
        except TemplateSyntaxError as error:
            problems.append(Problem(file=file, line=error.lineno, message=f"not a valid template: {error.message}"))
            continue
        unknown = list(_unknown_fields(file, tree, said[key]))
        problems += unknown or _failures(file, compiled[key])
    problems += _one_sided(said, placed, texts)
    return problems or Templates(compiled, {key: frozenset(fields) for key, fields in said.items()})


def wrapped(text: str) -> str:
    """Break long lines at spaces; a list's item keeps its indent, a quote its mark; a long word stays whole."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= WIDTH:
            lines.append(line.rstrip(" "))
        else:
            lines += _filled(line)
    return "\n".join(lines)


_LEAD = re.compile(r" *(?:[->] )?")


def _filled_in(template: Template, fields: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text."""
    subject, _, body = template.render(fields).partition("\n")
    # A line that is nothing but `{% if … %}` leaves an empty one behind.
    return cut(one_line(subject), LONGEST_SUBJECT), _BLANK_LINES.sub("\n\n", body).strip()


def _filled(line: str) -> Iterator[str]:
    """Lines of at most WIDTH, where words allow; textwrap does the same in ten times the time."""
    lead = _LEAD.match(line)[0]  # type: ignore[index]
    current, first = lead, True
    for word in line[len(lead) :].split(" "):
        if not first and len(current) + 1 + len(word) > WIDTH:
            yield current.rstrip(" ")
            current = (lead if lead.startswith(">") else " " * len(lead)) + word
        else:
            current, first = (current + word if first else f"{current} {word}"), False
    yield current.rstrip(" ")


def _unknown_fields(file: str, tree: nodes.Template, said: set[str]) -> Iterator[Problem]:
    for name in sorted(said - FIELDS.keys()):
        line = next((found.lineno for found in tree.find_all(nodes.Name) if found.name == name), None)
        yield Problem(file=file, line=line, message=f"unknown field '{name}'{nearest(name, FIELDS)}")


def _failures(file: str, template: Template) -> list[Problem]:
    """What goes wrong when the template is rendered, once with every field and once with empty ones."""
    for value in ("value", ""):
        try:
            subject, text = _filled_in(template, dict.fromkeys(FIELDS, value))
        except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, KeyError) as error:
            return [Problem(file=file, message=f"cannot be rendered: {error}")]
        if not subject or not text:
            return [Problem(file=file, line=1, message="expected the subject in the first line, and a text below it")]
    return []


def _placed(node: nodes.Node, conditions: tuple[str, ...]) -> Iterator[str]:
    """Each field with the conditions that it stands under, as text that is the same where they are."""
    if isinstance(node, nodes.Name):
        yield " under ".join((node.name, *conditions))
    if isinstance(node, nodes.If):
        yield from _placed(node.test, conditions)
        test = repr(node.test)
        branches = [(node.body, test), *((one, f"else of {test}") for one in (node.elif_, node.else_))]
        for branch, condition in branches:
            for child in branch:
                yield from _placed(child, (*conditions, condition))
    else:
        for child in node.iter_child_nodes():
            yield from _placed(child, conditions)


def _one_sided(
    said: Mapping[tuple[str, str], set[str]], placed: Mapping[tuple[str, str], frozenset[str]], texts: Mapping[str, str]
) -> Iterator[Problem]:
    for (name, language), fields in sorted(said.items()):
        other, beside = f"{name}.{_OTHER[language]}.txt", (name, _OTHER[language])
        if other not in texts:
            yield Problem(file=f"{name}.{language}.txt", message=f"{other} is missing beside it")
        elif lacking := ", ".join(sorted(fields - said.get(beside, fields))):
            yield Problem(file=other, message=f"does not say what the other language says: {lacking}")
        elif language == "en" and said.get(beside) == fields and (unlike := placed[name, language] ^ placed[beside]):
            differing = ", ".join(sorted({one.partition(" ")[0] for one in unlike}))
            yield Problem(file=other, message=f"says under other conditions than the other language: {differing}")
