"""A labelled message as mail on its way: what a perturbation changes, and the bytes that a server would receive."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from enum import Enum, auto
from html import escape
from random import Random
from textwrap import wrap

from classifiers.corpus_files import Labelled

_NOT_IN_NAMES = re.compile(r"[^\w .,&'’-]")
WIDTH = 72  # of lines that programs wrap (RFC 3676 §4.2 advises 66 to 78)


class Form(Enum):
    """How a mail program sends a text."""

    PLAIN = auto()  # a paragraph is a line
    WRAPPED = auto()  # by hand or by old programs, at 72 characters
    FLOWED = auto()  # RFC 3676: as wrapped, and a space at the end of a line that goes on
    GMAIL = auto()  # HTML alone, lines parted by <br>
    OUTLOOK = auto()  # HTML alone, a paragraph for each line


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a sender typed, and how their program sends it."""

    id: str  # of the labelled message: seeds whatever chance there is in a perturbation
    lang: str
    subject: str
    text: str
    from_name: str
    from_addr: str
    to: str
    date: datetime  # aware
    form: Form = Form.PLAIN
    below: str = ""  # HTML that the program puts under the text; only in the HTML forms

    @property
    def french(self) -> bool:
        """Whether a French mail program would have written it."""
        return self.lang == "fr"


# Perturbations are pure: all chance comes from the generator, which is seeded with the message's id.
Perturbation = Callable[[Mail, Random], Mail]


def mail_of(record: Labelled) -> Mail:
    """Give the message as its sender typed it."""
    return Mail(
        id=record.id,
        lang=record.lang,
        subject=record.subject,
        text=record.body,
        from_name=record.from_name,
        from_addr=record.from_addr,
        to=record.to,
        date=record.date,
    )


def perturbed(mail: Mail, perturbation: Perturbation) -> Mail:
    """Apply a perturbation; the same message always gives the same result."""
    return perturbation(mail, Random(mail.id))  # noqa: S311 - repeatable on purpose


def raw(mail: Mail) -> bytes:
    """Build the mail as it arrives."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((_NOT_IN_NAMES.sub("", mail.from_name), mail.from_addr))
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = f"<{mail.id}@mail.example>"
    match mail.form:
        case Form.PLAIN:
            message.set_content(mail.text)
        case Form.WRAPPED:
            message.set_content(_wrapped(mail.text, goes_on=""))
        case Form.FLOWED:
            message.set_content(_wrapped(mail.text, goes_on=" "), params={"format": "flowed"})
        case Form.GMAIL | Form.OUTLOOK:
            message.set_content(_page(mail), subtype="html")
    return message.as_bytes()


def _wrapped(text: str, *, goes_on: str) -> str:
    return "\n".join(_wrapped_line(line, goes_on) for line in text.split("\n"))


def _wrapped_line(line: str, goes_on: str) -> str:
    marks = re.match(r"(?:> ?)*", line)
    prefix = marks[0] if marks else ""
    parts = wrap(line[len(prefix) :], WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    return "\n".join(prefix + part + goes_on * (number < len(parts)) for number, part in enumerate(parts, 1))


def _page(mail: Mail) -> str:
    lines = [escape(line) for line in mail.text.split("\n")]
    if mail.form is Form.GMAIL:
        body = '<div dir="ltr">' + "<br>\n".join(lines) + "</div>"
    else:
        body = '<div class="WordSection1">' + outlook_paragraphs(lines) + "</div>"
    return f"<html><head><style>p.MsoNormal {{margin:0}}</style></head><body>{body}{mail.below}</body></html>\n"


def outlook_paragraphs(lines: Iterable[str]) -> str:
    """Give escaped lines as Outlook writes them: each a paragraph, an empty one held open by a space."""
    return "".join(f'<p class="MsoNormal">{line or "&nbsp;"}</p>' for line in lines)
