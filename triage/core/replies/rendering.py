"""Reply templates: bilingual, sandboxed, and strict: a name that is not given is an error, found on loading."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date, format_time
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from triage.core.headers import clean
from triage.core.located_yaml import Problem, nearest
from triage.core.message import Language, Message
from triage.core.office import Office

WIDTH = 76  # RFC 5322 §2.1.1 asks for 78 at most; two are left for a quote mark
LONGEST_SUBJECT = 120
FIELDS = frozenset({"office", "reference", "due", "subject", "sent", "webform_url", "address"})
_NAME = re.compile(r"^([a-z][a-z0-9-]*)\.(en|fr)\.txt$")
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
_RULE = "-" * 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A reply's words."""

    subject: str  # one line
    text: str  # wrapped, "\\n" line ends


@dataclass(frozen=True, slots=True)
class Templates:
    """Checked templates: text by name and language; the first line is the subject."""

    texts: Mapping[tuple[str, str], str]

    def names(self) -> set[str]:
        """Names that exist in both languages."""
        return {name for name, _ in self.texts}

    def render(
        self, name: str, languages: tuple[Language, ...], fields: Mapping[Language, Mapping[str, str]]
    ) -> Rendered:
        """Render in one language, or in several, one below the other."""
        rendered = [self._one(name, language, fields[language]) for language in languages]
        text = f"\n\n{_RULE}\n\n".join(one.text for one in rendered)
        return Rendered(subject=rendered[0].subject, text=text + "\n")

    def _one(self, name: str, language: Language, fields: Mapping[str, str]) -> Rendered:
        template = _ENVIRONMENT.from_string(self.texts[name, language.value])
        subject, _, body = template.render(fields).partition("\n")
        return Rendered(subject=_one_line(subject, LONGEST_SUBJECT), text=_wrapped(body.strip("\n")))


def check_templates(texts: Mapping[str, str]) -> Templates | list[Problem]:
    """Read templates by file name; every problem: names, syntax, unknown fields, a language that is missing."""
    problems: list[Problem] = []
    read: dict[tuple[str, str], str] = {}
    used: dict[tuple[str, str], set[str]] = {}
    for file, text in sorted(texts.items()):
        found = _NAME.match(file)
        if not found:
            problems.append(Problem(file=file, message="expected a name like redirect-webform.en.txt or ….fr.txt"))
            continue
        key = (found.group(1), found.group(2))
        try:
            used[key] = meta.find_undeclared_variables(_ENVIRONMENT.parse(text))
        except TemplateSyntaxError as error:
            problems.append(Problem(file=file, line=error.lineno, message=f"not a valid template: {error.message}"))
            continue
        for name in sorted(used[key] - FIELDS):
            problems.append(Problem(file=file, message=f"unknown field '{name}'{nearest(name, FIELDS)}"))
        read[key] = text
    for name, language in sorted(read):
        other = "fr" if language == "en" else "en"
        if (name, other) not in read:
            problems.append(Problem(file=f"{name}.{language}.txt", message=f"{name}.{other}.txt is missing beside it"))
        elif language == "en" and used[name, "en"] != used[name, "fr"]:
            differing = ", ".join(sorted(used[name, "en"] ^ used[name, "fr"]))
            message = f"the two languages do not carry the same fields: {differing}"
            problems.append(Problem(file=f"{name}.en.txt", message=message))
    return problems or Templates(read)


def fields_for(
    message: Message, office: Office, language: Language, *, reference: str, due_at: datetime | None
) -> Mapping[str, str]:
    """Give the values of a template's fields, in words of `language` and in the office's time zone."""
    nothing = "(sans objet)" if language is Language.FRENCH else "(no subject)"
    return {
        "office": office.name(language),
        "reference": reference,
        "due": spelled(due_at, office, language) if due_at else "",
        "subject": _one_line(message.subject, 80) or nothing,
        "sent": spelled(message.date, office, language) if message.date else "",
        "webform_url": office.webform_url,
        "address": office.address,
    }


def spelled(when: datetime, office: Office, language: Language) -> str:
    """A moment in words, in the office's time: "Tuesday, May 12, 2026, 5:00 p.m. (Delhi time)"."""
    local = when.astimezone(office.zone)
    if language is Language.FRENCH:
        day, hour = format_date(local, "full", locale="fr_CA"), format_time(local, "short", locale="fr_CA")
        return f"{day} à {hour} (heure locale, {office.name(language)})"
    day, hour = format_date(local, "full", locale="en_CA"), format_time(local, "short", locale="en_CA")
    return f"{day}, {hour} ({office.name(language)} time)"


def try_templates(templates: Templates, fields: Mapping[Language, Mapping[str, str]]) -> list[Problem]:
    """Render each template once with real values: what fails here would fail in service."""
    problems = []
    for name, code in sorted(templates.texts):
        language = Language(code)
        try:
            templates.render(name, (language,), fields)
        except TemplateError as error:
            problems.append(Problem(file=f"{name}.{code}.txt", message=f"cannot be rendered: {error}"))
    return problems


def _one_line(text: str, longest: int) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _wrapped(text: str) -> str:
    """Fill paragraphs; indented lines, lists and addresses keep their own lines."""
    lines: list[str] = []
    for line in clean(text).split("\n"):
        bullet = "  " if line.startswith(("- ", "* ")) else ""
        lines += textwrap.wrap(
            line, WIDTH, subsequent_indent=bullet, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)
