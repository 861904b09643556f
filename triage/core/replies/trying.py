"""Tries templates before anybody gets a reply: with what a hostile sender may write, with nothing, and as they will be.

What comes out is looked at as other programs see it: header fields, lines, characters, elements of the page.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import product

from triage.core.facts.record import Authentication
from triage.core.located_yaml import Problem
from triage.core.message import Body, Language
from triage.core.office import Office
from triage.core.policy.case import Case
from triage.core.policy.deciding import reply_for
from triage.core.policy.evaluation import reason_for
from triage.core.policy.loading import RuleSet
from triage.core.policy.schema import Rule
from triage.core.replies.addressing import languages_for, recipient_of
from triage.core.replies.correcting import TEMPLATE as CORRECTION
from triage.core.replies.correcting import compose_correction
from triage.core.replies.plain_language import too_long
from triage.core.replies.rendering import FIELDS, Templates
from triage.core.replies.samples import sample_case
from triage.core.replies.values import fields_for
from triage.core.working_time import due

SAMPLE_NUMBER = "REF-0000-0000"
LONGEST_LINE = 78  # RFC 5322 §2.1.1
BOTH = Language.MIXED  # as somebody who wrote in both languages is answered
# What a sender may write, and what must not come of it: a header field, a tag, a link, a number that code works out.
HOSTILE: Mapping[str, str] = {
    "line breaks": "Hello\r\nBcc: all@evil.example\r\n\r\n<b>body</b>\u2028\u2029\x85\x0b",
    "header-like text": "Subject: x\nContent-Type: text/html\n--=_boundary\nFrom: y",
    "markup": "</p><script>alert(1)</script><img src='https://evil.example/x'>",
    "braces": "{{ 7 * 191 }} {% for x in (1, 2) %}{{ x }}{% endfor %} {# x #}",
    "marks of direction": "\u202eabc\u2066def\u200f עברית العربية",
    "a very long text": "long words follow one another " * 2000,
    "a very long word": "x" * 5000,
    "links and numbers": "see https://evil.example or evil.example, UCI 1122334455",
    "nothing": "",
    "blanks": " \t\n\n ",
}
_WORKED_OUT = str(7 * 191)
_OURS = frozenset({
    *("from", "to", "date", "message-id", "subject", "in-reply-to", "references", "auto-submitted"),
    *("x-auto-response-suppress", "x-manager-triage", "mime-version", "content-type"),
    *("x-unsent", "content-language", "content-transfer-encoding"),
})  # fmt: skip
_ELEMENTS = frozenset(
    ("html", "head", "meta", "title", "body", "div", "p", "br", "hr", "h2", "ul", "li", "blockquote", "strong", "a")
)
_TAG = re.compile(r"</?([a-z0-9]+)")
_PROMISE = re.compile(
    r"\bwill (?:answer|reply to|write to|call|contact) you\b"
    r"|\bvous (?:répondr(?:a|ons|ont)|écrir(?:a|ons|ont)|appeller(?:a|ons|ont)|contacter(?:a|ons|ont))\b"
)


def problems_of(rule_set: RuleSet, office: Office, now: datetime) -> Iterator[Problem]:
    """Everything that is wrong with the replies of an office, each with its template's file."""
    templates = rule_set.templates
    sent_by = {name: [rule for rule in rule_set.rules if rule.then.reply == name] for name in templates.names()}
    for name, language in sorted(product(templates.names(), ("en", "fr"))):
        file = f"{name}.{language}.txt"
        for sentence in dict.fromkeys(_about(templates, name, language, sent_by[name], office, now)):
            yield Problem(file=file, message=sentence)


def tried(templates: Templates, name: str, rule: Rule | None, case: Case) -> bytes:
    """The reply to a case as the rule would send it, or as one without a due time would; or the draft that corrects."""
    if name == CORRECTION:
        recipient, languages = recipient_of(case.message), languages_for(case.facts.language, case.office)
        assert recipient is not None
        return compose_correction(
            case.message, case.office, templates, recipient=recipient, reference=SAMPLE_NUMBER, languages=languages
        )
    due_at, reason = _due(rule, case), reason_for(rule, case)
    return reply_for(templates, name, case, rule=rule, reason=reason, number=SAMPLE_NUMBER, due_at=due_at).mail.content


def _due(rule: Rule | None, case: Case) -> datetime | None:
    within = rule.then.respond_within if rule else None
    return due(case.now, within, case.office.hours, case.office.zone) if within else None


def _about(
    templates: Templates, name: str, language: str, rules: Sequence[Rule], office: Office, now: datetime
) -> Iterator[str]:
    senders: Sequence[Rule | None] = rules or [None]
    for rule in senders:
        case = sample_case(office, rule, Language(language), now)
        due_at, reason = _due(rule, case), reason_for(rule, case)
        fields = fields_for(case, Language(language), reference=SAMPLE_NUMBER, rule=rule, reason=reason, due_at=due_at)
        yield from too_long(templates.unwrapped(name, Language(language), fields)[1], language)
    for what, value in HOSTILE.items():  # what a sender wrote stands in the same fields, whatever the rule
        yield from (f"with {what} in the message: {said}" for said in _seen(templates, name, rule, case, value))
    bare = _without_optional(templates, name, language)
    yield from (f"with empty fields: {said}" for said in _half_said(bare))
    if _PROMISE.search(" ".join(bare.split())):
        yield "promises an answer where no time is set for it: put that sentence between {% if due %} and {% endif %}"


def _seen(templates: Templates, name: str, rule: Rule | None, case: Case, value: str) -> Iterator[str]:
    """What a value breaks, wherever the reply repeats it, in one language and in both."""
    facts = replace(case.facts, authentication=Authentication.PASS)
    message = replace(case.message, subject=value, body=Body(newest=value))
    for language in (case.facts.language, BOTH):
        content = tried(templates, name, rule, replace(case, message=message, facts=replace(facts, language=language)))
        parsed = message_from_bytes(content, policy=default)
        if strange := sorted({field.lower() for field in parsed} - _OURS):
            yield f"there is a header field {strange[0]}"
        if not content.isascii() or any(map(_unfit, content.split(b"\r\n"))):
            yield "a line is not fit for every relay"
        text, page = _part(parsed, "plain"), _part(parsed, "html")
        if any(len(line) > LONGEST_LINE and " " in line.strip() for line in text.split("\n")):
            yield "a line is not wrapped"
        if not (text + page).replace("\n", "").replace("\u00a0", "").isprintable():
            yield "a control character is in it"
        if strange := sorted(set(_TAG.findall(page)) - _ELEMENTS):
            yield f"there is an element <{strange[0]}> in the page"
        if "evil" in text + page + str(parsed["Subject"]):
            yield "a link of the sender's is in it"
        if _WORKED_OUT in text + page:
            yield "code of the sender's was run"
        if SAMPLE_NUMBER not in text:
            yield "the reference number is missing"


def _unfit(line: bytes) -> bool:
    """Whether a line is too long though it could be folded: a message-id is one word, however long."""
    return len(line) > LONGEST_LINE and b" " in line.partition(b": ")[2].strip()


def _without_optional(templates: Templates, name: str, language: str) -> str:
    """The text with every field empty that may be."""
    said = {field: field.upper() for field in FIELDS} | dict.fromkeys(("earlier", "due", "sent", "quote"), "")
    return templates.render(name, (Language(language),), {Language(language): said}).text


def _half_said(text: str) -> Iterator[str]:
    lines = text.rstrip().split("\n")
    for number, line in enumerate(lines):
        following = next((one for one in lines[number + 1 :] if one.strip()), "")
        apart = not lines[number + 1].strip() if number + 1 < len(lines) else True
        if line.endswith(":") and apart and not following.startswith(("    ", "- ", "> ")):
            yield f"“{line.strip()}” is followed by nothing"
        if re.search(r"\(\s*\)", line):
            yield f"“{line.strip()}” has empty brackets"


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body else ""
