"""Composes what goes out: replies by RFC 3834, notices to people on duty, forwards to units.

The same input gives the same bytes: a mail that has to be sent again is the same mail, under the same Message-ID.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from triage.core.effects import OutgoingMail
from triage.core.message import Language, Message
from triage.core.office import Office
from triage.core.replies.rendering import Rendered
from triage.core.screening import OWN_HEADER

# Longer chains are cut in the middle, as RFC 5537 §3.4.4 does for news: the first and the last ones find the thread.
MOST_REFERENCES = 20
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")


def recipient_of(message: Message) -> str | None:
    """Who is to be answered: the one Reply-To mailbox, else From; None where that is no plain address.

    RFC 3834 §4 lets a responder that serves a request answer where the person asked to be answered; the envelope
    sender is not used, since mail services put an address there that nobody reads.
    """
    chosen = message.reply_to[0] if len(message.reply_to) == 1 else message.from_
    return chosen.addr if chosen and _PLAIN_ADDRESS.fullmatch(chosen.addr) else None


def compose_reply(
    message: Message,
    office: Office,
    rendered: Rendered,
    *,
    recipient: str,
    template: str,
    reference: str,
    languages: tuple[Language, ...],
    now: datetime,
) -> OutgoingMail:
    """Compose an automatic reply (RFC 3834): null envelope sender, Auto-Submitted, threaded to what it answers.

    Of the original only subject and date are repeated, in the template's words: a reply that goes astray then gives
    nobody's file away, and none can grow by being answered again.
    """
    mail = _begun(office, reference=reference, purpose=template, key=message.digest, now=now, language=languages[0])
    mail["To"] = recipient
    mail["Subject"] = rendered.subject
    mail["Auto-Submitted"] = "auto-replied"
    if message.message_id:
        mail["In-Reply-To"] = message.message_id
        mail["References"] = " ".join(_thread(message))
    mail["Content-Language"] = ", ".join(language.value for language in languages)
    mail.set_content(rendered.text, cte="quoted-printable")
    return _finished(mail, recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a notice or a forward says of a message: never its text, a name or an identifier."""

    reference: str
    key: str  # the message's digest: the mail's Message-ID is derived from it
    what: str  # one or two words: "urgent", "serious error"
    folder: str  # where the message stands
    due: str  # in words; empty where nothing is due
    now: datetime


def compose_notice(office: Office, handover: Handover, *, contact: str, recipient: str) -> OutgoingMail:
    """Compose an alert for a person on duty."""
    mail = _handing_over(office, handover, recipient, purpose=f"notice-{contact}", kind="auto-generated")
    by = f"A person must answer by / Une personne doit répondre d’ici le : {handover.due}\n" if handover.due else ""
    mail.set_content(
        f"Reference / Référence : {handover.reference}\nFolder / Dossier : {handover.folder}\n{by}\n"
        "The message is in the manager inbox, in the folder named above.\n"
        "Le message est dans la boîte du gestionnaire, dans le dossier indiqué ci-dessus.\n",
        cte="quoted-printable",
    )
    return _finished(mail, recipient)


def compose_forward(office: Office, handover: Handover, raw: bytes, *, unit: str, recipient: str) -> OutgoingMail:
    """Compose a forward to a unit: a short cover, and the message whole, byte for byte, as a file."""
    mail = _handing_over(office, handover, recipient, purpose=f"forward-{unit}", kind="auto-forwarded")
    by = f"Please answer by / Veuillez répondre d’ici le : {handover.due}\n\n" if handover.due else ""
    mail.set_content(
        f"Reference / Référence : {handover.reference}\n{by}"
        "The attached message came to the manager inbox and is for your unit.\n"
        "Le message ci-joint est arrivé dans la boîte du gestionnaire et relève de votre unité.\n",
        cte="quoted-printable",
    )
    # message/rfc822 may not be encoded (RFC 2046 §5.2.1), and unencoded its bytes would not survive every relay.
    mail.add_attachment(raw, maintype="application", subtype="octet-stream", filename=f"{handover.reference}.eml")
    mail.set_boundary(f"=_{sha256((handover.key + unit).encode()).hexdigest()[:32]}")
    return _finished(mail, recipient)


def derived_message_id(office: Office, purpose: str, key: str) -> str:
    """Give the same Message-ID for the same office, purpose and message, always."""
    digest = sha256(f"{office.id}\0{purpose}\0{key}".encode()).hexdigest()[:32]
    return f"<{digest}.{purpose}@{office.address.rpartition('@')[2]}>"


def _begun(
    office: Office, *, reference: str, purpose: str, key: str, now: datetime, language: Language
) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    local, _, domain = office.address.rpartition("@")
    mail["From"] = HeaderAddress(display_name=office.name(language), username=local, domain=domain)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = derived_message_id(office, purpose, key)
    mail[OWN_HEADER.title()] = reference
    # Exchange's way to be asked not to answer an automatic message (MS-OXCMAIL §2.2.3.2.14).
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def _handing_over(office: Office, handover: Handover, recipient: str, *, purpose: str, kind: str) -> EmailMessage:
    mail = _begun(
        office,
        reference=handover.reference,
        purpose=purpose,
        key=handover.key,
        now=handover.now,
        language=office.languages[0],
    )
    mail["To"] = recipient
    mail["Subject"] = f"[{handover.reference}] {handover.what}: {office.names['en']} / {office.names['fr']}"
    mail["Auto-Submitted"] = kind
    return mail


def _finished(mail: EmailMessage, recipient: str) -> OutgoingMail:
    return OutgoingMail(
        message_id=str(mail["Message-ID"]),
        envelope_sender="",  # RFC 3834 §3.3: a bounce of an automatic message must answer nobody
        envelope_recipients=(recipient,),
        content=mail.as_bytes(),
    )


def _thread(message: Message) -> tuple[str, ...]:
    """References of an answer (RFC 5322 §3.6.4): the parent's, and the parent."""
    assert message.message_id is not None
    before = message.references or message.in_reply_to[:1]
    chain = [one for one in dict.fromkeys((*before, message.message_id)) if one.isascii()]
    return tuple(chain if len(chain) <= MOST_REFERENCES else [chain[0], *chain[-MOST_REFERENCES + 1 :]])
