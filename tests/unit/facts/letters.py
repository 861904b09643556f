"""Messages for the tests of the facts: written on a Wednesday, in Toronto, unless a test says otherwise."""

from datetime import datetime
from zoneinfo import ZoneInfo

from triage.core import facts
from triage.core.facts.record import Facts
from triage.core.language import detect
from triage.core.message import Address, Body, DateSource, Language, Message

TORONTO = ZoneInfo("America/Toronto")
WEDNESDAY = datetime(2026, 5, 6, 9, 14, tzinfo=TORONTO)
# Headers of a letter that our server found in order.
IN_ORDER = (
    ("authentication-results", "mx.visa-office.example; dmarc=pass header.from=firm.example"),
    ("received", "from relay.firm.example by mx.visa-office.example with ESMTPS; Wed, 6 May 2026 09:14 -0400"),
)


def letter(
    newest: str,
    *,
    subject: str = "",
    quoted: str = "",
    signature: str = "",
    forwarded: str = "",
    written: datetime | None = WEDNESDAY,
    received: datetime | None = None,
    language: Language | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    sender: str = "imani@firm.example",
) -> Message:
    """A message whose newest text is `newest`, written at `written`."""
    return Message(
        digest="0" * 64,
        size=len(newest),
        message_id=None,
        from_=Address(name="", addr=sender),
        subject=subject,
        date=written,
        date_source=DateSource.DATE if written else DateSource.NONE,
        received_at=received,
        headers=headers,
        body=Body(newest=newest, quoted=quoted, signature=signature, forwarded=forwarded),
        language=language or detect(newest),
    )


def gather(message: Message, *, office: str = "UTC", authserv_id: str | None = None) -> Facts:
    """The facts as an English and French office gathers them."""
    return facts.gather(
        message,
        zone=ZoneInfo(office),
        languages=(Language.ENGLISH, Language.FRENCH),
        authserv_id=authserv_id,
    )


def facts_of(newest: str, **more: object) -> Facts:
    """The facts of a letter with this newest text."""
    return gather(letter(newest, **more))  # type: ignore[arg-type]
