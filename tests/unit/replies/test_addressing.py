"""Who is answered, and at which address."""

import pytest

from tests.unit.policy.cases import a_case
from triage.core.message import Address
from triage.core.replies.addressing import reads_no_mail, recipient_of

# id: (From, Reply-To, the address to answer)
TABLE: dict[str, tuple[str | None, tuple[str, ...], str | None]] = {
    "the sender": ("noor@firm.example", (), "noor@firm.example"),
    "the firm's case mailbox": ("noor@firm.example", ("cases@firm.example",), "cases@firm.example"),
    "in any case": ("noor@firm.example", ("cases@FIRM.example",), "cases@FIRM.example"),
    "a stranger in Reply-To": ("noor@firm.example", ("victim@other.example",), "noor@firm.example"),
    "a domain below the sender's": ("noor@firm.example", ("x@sub.firm.example",), "noor@firm.example"),
    "several in Reply-To": ("noor@firm.example", ("a@firm.example", "b@firm.example"), "noor@firm.example"),
    "an unusable Reply-To": ("noor@firm.example", ('"a b"@firm.example',), "noor@firm.example"),
    "nobody in From": (None, ("cases@firm.example",), None),
    "a domain beyond ASCII": ("noor@cabinet-é.example", (), "noor@xn--cabinet--i1a.example"),
    "a name beyond ASCII": ("hélène@firm.example", (), None),
    "every sign a name may have": ("o'neil+visa.{x}=_|~@firm.example", (), "o'neil+visa.{x}=_|~@firm.example"),
    "a quoted name": ('"a\\"b"@firm.example', (), None),
    "a line end": ("noor\r\nBcc: x@y.example@firm.example", (), None),
    "a NUL": ("noor\0@firm.example", (), None),
    "a list": ("a@firm.example, b@firm.example", (), None),
    "angle brackets": ("<a@firm.example>", (), None),
    "a bare host": ("root@localhost", (), None),
    "an address literal": ("a@[192.0.2.1]", (), None),
    "a group": ("undisclosed-recipients:;", (), None),
    "too long a name": ("a" * 65 + "@firm.example", (), None),
    "too long a domain": ("a@" + "b." * 120 + "example", (), None),
    "labels that IDNA refuses": ("a@é" + "b" * 80 + ".example", (), None),
    "empty labels": ("a@é..example", (), None),
    "nothing": ("", (), None),
}


@pytest.mark.parametrize(("sender", "reply_to", "expected"), TABLE.values(), ids=TABLE.keys())
def test_the_answer_goes_to(sender: str | None, reply_to: tuple[str, ...], expected: str | None) -> None:
    """From, or a Reply-To of the same domain; only addresses that no header can be broken with."""
    message = a_case(
        message={
            "from_": None if sender is None else Address(name="", addr=sender),
            "reply_to": tuple(Address(name="", addr=addr) for addr in reply_to),
        }
    ).message
    assert recipient_of(message) == expected


UNREAD = ["noreply@a.example", "No-Reply@a.example", "do_not_reply@a.example", "DONOTREPLY-7@a.example"]
UNREAD += ["ne-pas-repondre@a.example", "nepasrepondre@a.example", "mailer-daemon@a.example", "postmaster@a.example"]


@pytest.mark.parametrize("address", UNREAD)
def test_an_address_may_say_that_nobody_reads_there(address: str) -> None:
    """Such addresses are not answered (pitfalls users 5)."""
    assert reads_no_mail(address)


@pytest.mark.parametrize("address", ["noor@a.example", "replies@a.example", "info@no-reply.example", "nora@a.example"])
def test_other_addresses_are_peoples(address: str) -> None:
    """A likeness elsewhere in the address says nothing."""
    assert not reads_no_mail(address)
