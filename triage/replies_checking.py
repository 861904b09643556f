"""`triage replies preview` and `check`: what people would be sent, before anybody is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from triage.core.located_yaml import Problem, nearest
from triage.core.message import Language
from triage.core.office import Office
from triage.core.policy.loading import TEMPLATES, Rulebook, RuleSet
from triage.core.policy.schema import Rule
from triage.core.replies.samples import sample_case
from triage.core.replies.trying import BOTH, problems_of, tried
from triage.errors import ConfigurationError
from triage.explaining import readable
from triage.rules_checking import promise_problems

LANGUAGES = {"en": Language.ENGLISH, "fr": Language.FRENCH, "both": BOTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One reply to an invented message."""

    office: str
    template: str
    language: str  # "en", "fr" or "both"
    rule: str | None  # the one that sends it; None: no rule does
    text: str  # headers and text, for people
    html: str

    @property
    def title(self) -> str:
        """Say what it is."""
        return f"{self.template}, {self.office}, {self.language}, {f'rule {self.rule}' if self.rule else 'no rule'}"


def previews(
    book: Rulebook,
    offices: Sequence[Office],
    *,
    template: str | None = None,
    languages: Sequence[str] = ("en", "fr"),
    now: datetime,
) -> Iterator[Preview]:
    """Every reply of every office, for each rule that sends it. Raises ConfigurationError for an unknown template."""
    names = book.default.templates.names()
    if template is not None and template not in names:
        raise ConfigurationError(
            [Problem(file="--template", message=f"no template '{template}'{nearest(template, names)}")]
        )
    for office in offices:
        rule_set = book.for_office(office.id)
        for name in [template] if template else sorted(names):
            rules: Sequence[Rule | None] = [rule for rule in rule_set.rules if rule.then.reply == name] or [None]
            for rule in rules:
                for language in languages:
                    yield _preview(rule_set, office, name, rule, language, now)


def check_replies(book: Rulebook, offices: Sequence[Office], folder: Path, *, now: datetime) -> list[Problem]:
    """Everything that is wrong with what people would be sent; what is so at several offices is told once."""
    found = [problem for office in offices for problem in problems_of(book.for_office(office.id), office, now)]
    there = [replace(one, file=str(folder / TEMPLATES / one.file)) for one in found]
    return list(dict.fromkeys([*there, *promise_problems(book)]))


def _preview(rule_set: RuleSet, office: Office, name: str, rule: Rule | None, language: str, now: datetime) -> Preview:
    content = tried(rule_set.templates, name, rule, sample_case(office, rule, LANGUAGES[language], now))
    page = message_from_bytes(content, policy=default).get_body(("html",))
    return Preview(
        office=office.id,
        template=name,
        language=language,
        rule=rule.id if rule else None,
        text=readable(content).replace("\r\n", "\n"),
        html=str(page.get_content()).replace("\r\n", "\n") if page else "",
    )
