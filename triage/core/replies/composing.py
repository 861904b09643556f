"""Composes what goes out: replies by RFC 3834, notices to people on duty, forwards to units.

The same input gives the same bytes: a mail that has to be sent again is the same mail, under the same Message-ID.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from hashlib import sha256

from triage.core.effects import OutgoingMail
from triage.core.message import Language, Message
from triage.core.office import Office
from triage.core.replies.fields import (
    alternative,
    html_part,
    mailbox_field,
    message_part,
    mixed,
    text_field,
    text_part,
    words_field,
)
from triage.core.replies.notice import VERDICTS
from triage.core.replies.rendering import Rendered, wrapped
from triage.core.replies.spelling import spelled, spelled_date
from triage.core.screening import OWN_HEADER

# Longer chains are cut in the middle, as RFC 5537 §3.4.4 does for news: the first and the last ones find the thread.
MOST_REFERENCES = 20
LONGEST_MESSAGE_ID = 900  # a line holds 998 characters (RFC 5322 §2.1.1)


def compose_reply(
    message: Message,
    office: Office,
    rendered: Rendered,
    *,
    recipient: str,
    template: str,
    reference: str,
    languages: Sequence[Language],
    now: datetime,
) -> OutgoingMail:
    """Compose an automatic reply (RFC 3834): null envelope sender, Auto-Submitted, threaded to what it answers.

    What it repeats of the original, `repeating` bounds: a reply that goes astray, since a From can be forged, gives
    nobody's file away and carries no stranger's text to a third person. There is no Precedence field: RFC 3834 §3.1.8
    does not recommend one, and "bulk" would have the reply filed as an advertisement.
    """
    fields = [
        *_from_us(office, languages[0], recipient, purpose=template, key=message.digest, now=now),
        text_field("Subject", rendered.subject),
        *_threading(message),
        *_automatic("auto-replied", reference),
    ]
    told = ", ".join(language.value for language in languages)
    content = alternative(
        [text_part(rendered.text, language=told), html_part(rendered.html, language=told)],
        boundary=f"=_{_derived(office, template, message.digest)}",
    )
    return _finished(office, template, message.digest, recipient, fields, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a notice or a forward says of a message: never its text, a name or an identifier."""

    reference: str
    key: str  # the message's digest: the mail's Message-ID is derived from it
    verdict: str  # a label, or "unsure"
    folder: str  # where the message stands
    due_at: datetime | None  # aware: when a person must have answered
    deadline: date | None  # the nearest date that the message names harm on
    truncated: bool  # the message was over the size limit, so its attachments were not fetched
    now: datetime


def compose_notice(office: Office, handover: Handover, *, contact: str, recipient: str) -> OutgoingMail:
    """Compose an alert for a person on duty."""
    return _handed_over(
        office,
        handover,
        recipient,
        purpose=f"notice-{contact}",
        en="A message in the manager's inbox needs a person. It stands in the folder named above.",
        fr="Un message de la boîte des gestionnaires attend une personne. Il se trouve dans le dossier ci-dessus.",
    )


def compose_forward(office: Office, handover: Handover, raw: bytes, *, unit: str, recipient: str) -> OutgoingMail:
    """Compose a forward to a unit: a short cover, and the message as it was fetched, attached."""
    return _handed_over(
        office,
        handover,
        recipient,
        purpose=f"forward-{unit}",
        en="The attached message came to the manager's inbox and is for your unit. Please answer its sender.",
        fr="Le message ci-joint est arrivé dans la boîte des gestionnaires et relève de votre unité. "
        "Veuillez répondre à la personne qui l’a envoyé.",
        raw=raw,
    )


def derived_message_id(office: Office, purpose: str, key: str) -> str:
    """Give the same Message-ID for the same office, purpose and message, always."""
    return f"<{_derived(office, purpose, key)}.{purpose}@{office.address.rpartition('@')[2]}>"


def _handed_over(
    office: Office, handover: Handover, recipient: str, *, purpose: str, en: str, fr: str, raw: bytes | None = None
) -> OutgoingMail:
    texts = {Language.ENGLISH: _cover(office, handover, en), Language.FRENCH: _cover(office, handover, fr, french=True)}
    first = office.languages[0]
    what = VERDICTS[handover.verdict][first.value]
    fields = [
        *_from_us(office, first, recipient, purpose=purpose, key=handover.key, now=handover.now),
        text_field("Subject", f"[{handover.reference}] {what} – {office.name(first)}"),
        *_automatic("auto-generated" if raw is None else "auto-forwarded", handover.reference),
    ]
    cover = text_part("\n".join([texts.pop(first), *texts.values()]), language="en, fr")
    if raw is None:
        content = cover
    else:
        # Derived from the digest of `raw`, so that nobody can write a message that contains it.
        boundary = f"=_{_derived(office, purpose, handover.key)}"
        content = mixed([cover, message_part(raw, filename=handover.reference)], boundary=boundary)
    return _finished(office, purpose, handover.key, recipient, fields, content)


def _cover(office: Office, handover: Handover, sentence: str, *, french: bool = False) -> str:
    language = Language.FRENCH if french else Language.ENGLISH
    names = _FRENCH_NAMES if french else _ENGLISH_NAMES
    known = {
        "reference": handover.reference,
        "verdict": VERDICTS[handover.verdict][language.value],
        "folder": handover.folder,
        "deadline": spelled_date(handover.deadline, language) if handover.deadline else "",
        "due": spelled(handover.due_at, office, language) if handover.due_at else "",
    }
    lines = [f"{names[key]}{value}" for key, value in known.items() if value]
    if handover.truncated:
        lines.append(names["truncated"])
    return wrapped("\n".join([*lines, "", sentence, ""]))


_ENGLISH_NAMES = {
    "reference": "Reference: ",
    "verdict": "Sorted as: ",
    "folder": "Folder: ",
    "deadline": "Date named in the message: ",
    "due": "A person must have answered by: ",
    "truncated": "The message is very large: its attachments are in the mailbox only.",
}
_FRENCH_NAMES = {
    "reference": "Référence\u00a0: ",
    "verdict": "Classement\u00a0: ",
    "folder": "Dossier\u00a0: ",
    "deadline": "Date nommée dans le message\u00a0: ",
    "due": "Une personne doit avoir répondu au plus tard\u00a0: ",
    "truncated": "Le message est très volumineux\u00a0: ses pièces jointes ne sont que dans la boîte.",
}


def _from_us(
    office: Office, language: Language, recipient: str, *, purpose: str, key: str, now: datetime
) -> list[bytes]:
    return [
        mailbox_field("From", display=office.name(language), addr=office.address),
        words_field("To", [recipient]),
        words_field("Date", [format_datetime(now.astimezone(office.zone))]),
        words_field("Message-ID", [derived_message_id(office, purpose, key)]),
    ]


def _automatic(kind: str, reference: str) -> list[bytes]:
    """What keeps other machines from answering: RFC 3834 §5, Exchange's own field (MS-OXCMAIL), and our mark."""
    return [
        words_field("Auto-Submitted", [kind]),
        words_field("X-Auto-Response-Suppress", ["All"]),
        words_field(OWN_HEADER.title(), [reference]),
    ]


def _threading(message: Message) -> list[bytes]:
    """In-Reply-To and References of an answer (RFC 5322 §3.6.4): the parent, and the parent's chain with it."""
    parent = message.message_id
    if parent is None or not is_usable_id(parent):
        return []
    before = message.references or message.in_reply_to[:1]
    chain = [one for one in dict.fromkeys((*before, parent)) if is_usable_id(one)]
    kept = chain if len(chain) <= MOST_REFERENCES else [chain[0], *chain[1 - MOST_REFERENCES :]]
    return [words_field("In-Reply-To", [parent]), words_field("References", kept)]


def is_usable_id(message_id: str) -> bool:
    """Whether a Message-ID of somebody else's can stand in a field of ours."""
    return message_id.isascii() and message_id.isprintable() and len(message_id) <= LONGEST_MESSAGE_ID


def _derived(office: Office, purpose: str, key: str) -> str:
    return sha256(f"{office.id}\0{purpose}\0{key}".encode()).hexdigest()[:24]


def _finished(
    office: Office, purpose: str, key: str, recipient: str, fields: Sequence[bytes], content: bytes
) -> OutgoingMail:
    return OutgoingMail(
        message_id=derived_message_id(office, purpose, key),
        envelope_sender="",  # RFC 3834 §3.3: a bounce of an automatic message must answer nobody
        envelope_recipients=(recipient,),
        content=b"".join((*fields, b"MIME-Version: 1.0\r\n", content)),
    )
