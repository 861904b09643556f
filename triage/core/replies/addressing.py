"""Who an automatic reply goes to and in which languages, and which addresses nobody reads (RFC 3834 §2 and §4)."""

import re

from triage.core.message import Language, Message
from triage.core.office import Office

# Local part and domain without quoting: what people have, and what no header can be broken with (RFC 5322 §3.4.1).
_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
# Addresses whose owner says in the name that nobody reads there (pitfalls users 5).
_UNREAD = re.compile(r"(?:no|do[-_.]?not)[-_.]?reply|ne[-_.]?pas[-_.]?repondre|mailer-daemon|postmaster", re.IGNORECASE)


def recipient_of(message: Message) -> str | None:
    """Give the address to answer; None where there is none that is plain ASCII.

    It is the From mailbox, or the one Reply-To mailbox if that is in the same domain: a firm's way to have answers
    in its case mailbox. A Reply-To elsewhere is not followed, for then anybody could have this service write, from a
    government address, to people who never wrote to it. The envelope sender, which RFC 3834 §4 prefers, is often an
    address of a mail service that nobody reads.
    """
    sender = message.from_
    if sender is None:
        return None
    asked = message.reply_to[0] if len(message.reply_to) == 1 else sender
    chosen = asked if _domain(asked.addr) == _domain(sender.addr) else sender
    return next((one for one in (_ascii(chosen.addr), _ascii(sender.addr)) if one), None)


def reads_no_mail(address: str) -> bool:
    """Whether the address itself says that nobody reads what is sent there."""
    return bool(_UNREAD.match(address))


def languages_for(language: Language, office: Office) -> tuple[Language, ...]:
    """The sender's language; both, the office's first, where it is not one of the two (Official Languages Act)."""
    if language in {Language.ENGLISH, Language.FRENCH}:
        return (language,)
    first = office.languages[0]
    return first, (Language.FRENCH if first is Language.ENGLISH else Language.ENGLISH)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _ascii(address: str) -> str | None:
    """The address with its domain in ASCII; None where it is not a plain one."""
    local, _, domain = address.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address
    except UnicodeError:
        return None
    return plain if len(plain) <= 254 and _PLAIN.fullmatch(plain) else None
