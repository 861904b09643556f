"""Machine mail is recognised here and set aside: never answered, never classified.

A person's message wrongly set aside is the worst that can happen here, so each sign must be one that people's mail
programs and firms' systems do not make. What is no sign by itself:

- X-Auto-Response-Suppress: Exchange also sets it on people's mail, as when it comes through a distribution group.
- The null envelope sender: some distribution groups send so. Nobody is answered (`policy`), but a person reads it.
- List-Unsubscribe: practice software adds it to a lawyer's own letter.
- List headers, where the list is one of our own addresses.
- Signs of a mailing, where the text names a file: no newsletter does.
- An address like no-reply@: a representative's web form may write from one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from triage.core.facts.identifiers import find_identifiers
from triage.core.message import Message

OWN_HEADER = "x-manager-triage"  # on everything that this service sends


class MachineKind(StrEnum):
    """What kind of machine wrote a message."""

    BOUNCE = "bounce"
    DISPOSITION_NOTICE = "disposition-notice"
    AUTO_REPLY = "auto-reply"
    AUTO_GENERATED = "auto-generated"  # not in answer to anything; help desks also send what people wrote this way
    LIST = "list"
    BULK = "bulk"
    CALENDAR = "calendar"
    OWN_REPLY = "own-reply"  # one of our own automatic messages coming back
    OWN_OFFICE = "own-office"  # from the address of any of our offices


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Whether a machine wrote the message, and which header says so."""

    kind: MachineKind | None  # None: a person wrote it, as far as headers tell
    because: str = ""  # the header and value that decided, such as "Auto-Submitted: auto-replied"


def screen(message: Message, *, own_addresses: frozenset[str]) -> Screening:
    """Tell whether a machine wrote the message. `own_addresses`: of all our offices, lower case."""
    for kind, sign in _SIGNS:
        if because := sign(message):
            return Screening(kind=kind, because=because)
    if message.from_ and message.from_.addr.lower() in own_addresses:
        return Screening(kind=MachineKind.OWN_OFFICE, because="From is one of our own offices")
    if not _comes_through_us(message, own_addresses) and (because := _list(message)):
        return Screening(kind=MachineKind.LIST, because=because)
    if (because := _bulk(message)) and not _names_a_file(message):
        return Screening(kind=MachineKind.BULK, because=because)
    return Screening(kind=None)


def refers_to(message: Message) -> tuple[str, ...]:
    """The message-ids that a message answers, oldest first, and those of messages that it returns or reports on."""
    return tuple(dict.fromkeys((*message.references, *message.in_reply_to, *message.enclosed_ids)))


_ROBOT = re.compile(r"(?:mailer-daemon|mail-daemon|mailerdaemon|bounces?(?:[+-].*)?)@", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"(?:.*[._+-])?(?:(?:do[._-]?)?not?[._-]?(?:reply|respond)|ne[._-]?pas[._-]?r[ée]pondre|non?[._-]?r[ée]ponse)"
    r"(?:[._+-].*)?@",
    re.IGNORECASE,
)
# Where a machine leaves no header: the last resort, on the subject's beginning only (pitfalls users 8).
_AUTO_SUBJECT = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|autoreply|out of (?:the )?office|ooo\b"
    r"|r[ée]ponse automatique|absen(?:ce|t)e? du bureau|message d['’]absence|notification d['’]absence)",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"\s*(?:undeliver(?:able|ed)|delivery status notification|mail delivery (?:failed|failure)|failure notice"
    r"|returned mail|delivery (?:has )?failed|non remis|non distribuable|[ée]chec de (?:la )?remise"
    r"|courrier en retour|notification d['’][ée]tat de (?:la )?remise)",
    re.IGNORECASE,
)


def _own_reply(message: Message) -> str:
    return _shown(message, OWN_HEADER)


def _bounce(message: Message) -> str:
    """RFC 3464, and what servers send that do not keep to it."""
    sender = message.from_.addr if message.from_ else ""
    if message.report_type == "delivery-status":
        return "Content-Type: multipart/report; report-type=delivery-status (RFC 3464)"
    if message.header("x-failed-recipients"):
        return "X-Failed-Recipients is present"
    if _ROBOT.match(sender):
        return "From is a mail system"
    if _BOUNCE_SUBJECT.match(message.subject) and (
        message.return_path == "" or sender.lower().startswith("postmaster@")
    ):
        return "a bounce's subject, from the null envelope sender or a postmaster"
    return ""


def _disposition_notice(message: Message) -> str:
    if message.report_type == "disposition-notification":
        return "Content-Type: multipart/report; report-type=disposition-notification (RFC 8098)"
    return ""


def _calendar(message: Message) -> str:
    """Answers to an invitation; an invitation itself is a person's message (RFC 5546 §1.4)."""
    method = message.calendar_method
    return f"text/calendar; method={method}" if method in {"REPLY", "COUNTER", "REFRESH"} else ""


def _auto_reply(message: Message) -> str:
    """RFC 3834 §5, RFC 5230 §4.7, and the headers used before them."""
    submitted = _submitted(message)
    if submitted.startswith("auto-replied"):
        return f"Auto-Submitted: {submitted[:60]} (RFC 3834)"
    for name in ("x-autoreply", "x-autorespond", "x-auto-reply-from"):
        if (message.header(name) or "no").strip().lower() not in {"no", "false"}:
            return _shown(message, name)
    if _precedence(message) == "auto_reply":
        return "Precedence: auto_reply"
    return _auto_subject(message, submitted) if _AUTO_SUBJECT.match(message.subject) else ""


def _auto_subject(message: Message, submitted: str) -> str:
    """What stands beside an automatic reply's subject, without which the subject is a person's."""
    if submitted:
        return f"Auto-Submitted: {submitted[:60]} (RFC 3834) and an automatic reply's subject"
    if message.header("x-auto-response-suppress"):
        return "an automatic reply's subject and X-Auto-Response-Suppress"
    if message.in_reply_to or message.return_path == "":
        return "an automatic reply's subject, in answer to a message"
    return ""


def _auto_generated(message: Message) -> str:
    if submitted := _submitted(message):
        return f"Auto-Submitted: {submitted[:60]} (RFC 3834)"
    if (message.header("x-autogenerated") or "no").strip().lower() not in {"no", "false"}:
        return _shown(message, "x-autogenerated")
    if message.from_ and _NO_REPLY.match(message.from_.addr):
        for name in ("precedence", "x-auto-response-suppress", "list-unsubscribe", "feedback-id"):
            if message.header(name):
                return f"From reads no replies, and {_shown(message, name)}"
    return ""


def _list(message: Message) -> str:
    """RFC 2919 and 2369: mail that a list sends on."""
    for name in ("list-id", "list-post"):
        if message.header(name):
            return _shown(message, name)
    return _shown(message, "precedence") if _precedence(message) == "list" else ""


def _bulk(message: Message) -> str:
    """Newsletters: a mailing has a second sign beside List-Unsubscribe (RFC 8058)."""
    if _precedence(message) in {"bulk", "junk"}:
        return _shown(message, "precedence")
    if message.header("list-unsubscribe") and not message.in_reply_to:
        for name in ("list-unsubscribe-post", "x-campaign-id", "x-csa-complaints", "x-mailgun-tag", "x-mc-user"):
            if message.header(name):
                return f"List-Unsubscribe and {_shown(message, name)}"
    return ""


_SIGNS: tuple[tuple[MachineKind, Callable[[Message], str]], ...] = (
    (MachineKind.OWN_REPLY, _own_reply),
    (MachineKind.BOUNCE, _bounce),
    (MachineKind.DISPOSITION_NOTICE, _disposition_notice),
    (MachineKind.CALENDAR, _calendar),
    (MachineKind.AUTO_REPLY, _auto_reply),
    (MachineKind.AUTO_GENERATED, _auto_generated),
)


def _comes_through_us(message: Message, own_addresses: frozenset[str]) -> bool:
    """Whether the list is one of our own addresses: an office's address may be a group."""
    posts = re.findall(r"<mailto:([^<>?\s]+)", message.header("list-post") or "")
    return any(address.lower() in own_addresses for address in posts)


def _names_a_file(message: Message) -> bool:
    return any(found.kind == "application" or len(found.value) == 10 for found in find_identifiers(message))


def _submitted(message: Message) -> str:
    """What Auto-Submitted says, empty where it says that a person did it."""
    for value in message.header_values("auto-submitted"):
        word = value.strip().lower()
        if word and not re.match(r"no\b", word):
            return word
    return ""


def _precedence(message: Message) -> str:
    return (message.header("precedence") or "").strip().lower()


def _shown(message: Message, name: str) -> str:
    value = message.header(name)
    return f"{name.title()}: {value[:60]}" if value is not None else ""
