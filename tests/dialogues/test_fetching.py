r"""Fetching from servers that answer in odd ways: other orders, nothing, half, or the end of the connection."""

from datetime import UTC, datetime

import pytest

from tests.dialogues.server import Dialogue, literal, logged_in, selected, talking
from triage.errors import MailboxUnavailable, TriageError
from triage.mailbox.connection import Mailbox
from triage.mailbox.fetching import Batch, arrival_time, fetch
from triage.mailbox.room import Room
from triage.mailbox.suspects import ALONE_AT_MOST, REST_SECONDS, Suspects

LIMIT = 1000
MAIL = b"Subject: x\r\n\r\nhello\r\n"
OPENED = logged_in() + selected()


def sizes(*listed: tuple[int, int]) -> str:
    """The dialogue for sizes: (UID, size)."""
    uids = ",".join(str(uid) for uid, _ in listed)
    answers = "\n".join(
        f'S: * {n} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "01-Jul-2026 12:00:00 +0200")'
        for n, (uid, size) in enumerate(listed, 1)
    )
    return f"""
        C: UID FETCH {uids} (RFC822.SIZE INTERNALDATE)
        {answers}
        S: $ OK done
    """


def got(mailbox: Mailbox, *uids: int) -> tuple[dict[int, bytes], list[int]]:
    """What is fetched of the opened INBOX, and what is missing."""
    mailbox.open("INBOX", readonly=False)
    batches = list(fetch(mailbox, uids, limit=LIMIT, room=Room(0)))
    raws = {arrival.uid: arrival.raw for batch in batches for arrival in batch.arrivals}
    return raws, [uid for batch in batches for uid in batch.missing]


def test_items_may_come_in_any_order_and_for_other_messages_too() -> None:
    """Pitfalls IMAP 23: UID last, messages backwards, and flags that nobody asked for."""
    script = f"""
        {OPENED}
        C: UID FETCH 4,5 (RFC822.SIZE INTERNALDATE)
        S: * 2 FETCH (INTERNALDATE " 1-Jul-2026 12:00:00 +0200" RFC822.SIZE 20 UID 5)
        S: * 3 FETCH (FLAGS (\\Seen) UID 9)
        S: * 1 FETCH (RFC822.SIZE 20 UID 4 INTERNALDATE "31-Dec-2026 23:30:00 -0500")
        S: $ OK done
        C: UID FETCH 4,5 (BODY.PEEK[])
        S: * 2 FETCH (BODY[] {literal(MAIL + b"5")} UID 5)
        S: * 9 EXISTS
        S: * 1 FETCH (UID 4 BODY[] {literal(MAIL + b"4")} FLAGS (\\Seen))
        S: $ OK done
    """
    with talking(script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        batches = list(fetch(mailbox, [4, 5], limit=LIMIT, room=Room(0)))
    arrivals = [arrival for batch in batches for arrival in batch.arrivals]
    assert [(a.uid, a.raw, a.truncated) for a in arrivals] == [(4, MAIL + b"4", False), (5, MAIL + b"5", False)]
    # The zone is the server's, whatever the local one does in that month.
    assert [a.received_at for a in arrivals] == [
        datetime(2027, 1, 1, 4, 30, tzinfo=UTC),
        datetime(2026, 7, 1, 10, 0, tzinfo=UTC),
    ]


def test_ok_without_data_is_listed_as_missing() -> None:
    """Pitfalls IMAP 22: Exchange answers OK and gives nothing; the others are fetched, and the caller is told."""
    script = f"""
        {OPENED}
        C: UID FETCH 4,5,6 (RFC822.SIZE INTERNALDATE)
        S: * 1 FETCH (UID 4 RFC822.SIZE 20)
        S: * 2 FETCH (UID 5 RFC822.SIZE 20)
        S: $ OK done
        C: UID FETCH 4,5 (BODY.PEEK[])
        S: * 1 FETCH (UID 4 BODY[] {literal(MAIL)})
        S: * 2 FETCH (UID 5 BODY[] NIL)
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert got(mailbox, 4, 5, 6) == ({4: MAIL}, [6, 5])


def test_a_message_that_the_server_refuses_costs_only_itself() -> None:
    """The batch is halved until it is known which message is refused (users' complaint 19)."""
    script = f"""
        {OPENED}
        {sizes((4, 20), (5, 20), (6, 20))}
        C: UID FETCH 4,5,6 (BODY.PEEK[])
        S: $ NO [CORRUPTION] cannot read
        C: UID FETCH 4 (BODY.PEEK[])
        S: * 1 FETCH (UID 4 BODY[] {literal(MAIL)})
        S: $ OK done
        C: UID FETCH 5,6 (BODY.PEEK[])
        S: $ NO [CORRUPTION] cannot read
        C: UID FETCH 5 (BODY.PEEK[])
        S: $ NO [CORRUPTION] cannot read
        C: UID FETCH 6 (BODY.PEEK[])
        S: * 3 FETCH (UID 6 BODY[] {literal(MAIL)})
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert got(mailbox, 4, 5, 6) == ({4: MAIL, 6: MAIL}, [5])


def test_an_answer_that_cannot_be_read_costs_only_its_message() -> None:
    """What the library does not understand is like a refusal: the session goes on."""
    script = f"""
        {OPENED}
        C: UID FETCH 4,5 (RFC822.SIZE INTERNALDATE)
        S: * 1 FETCH (UID 4 RFC822.SIZE 20)
        S: * 2 FETCH (UID 5 RFC822.SIZE)
        S: $ OK done
        C: UID FETCH 4 (RFC822.SIZE INTERNALDATE)
        S: * 1 FETCH (UID 4 RFC822.SIZE 20)
        S: $ OK done
        C: UID FETCH 5 (RFC822.SIZE INTERNALDATE)
        S: * 2 FETCH (UID 5 RFC822.SIZE)
        S: $ OK done
        C: UID FETCH 4 (BODY.PEEK[])
        S: * 1 FETCH (UID 4 BODY[] {literal(MAIL)})
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert got(mailbox, 4, 5) == ({4: MAIL}, [5])


@pytest.mark.parametrize(
    "end",
    [
        "S: * 1 FETCH (UID 4 BODY[] {100}␍␊half of it…\nS: DROP",
        "S: * BYE Internal error occurred\nS: DROP",
        "S: DROP",
        "S: * 1 FETCH (UID 4\nS: DROP",
    ],
    ids=["in a literal", "BYE", "before an answer", "in a line"],
)
def test_a_connection_that_ends_in_a_command_is_unavailable_and_suspects_the_messages(end: str) -> None:
    """Nothing half-read is given out; what was being fetched is remembered."""
    with (
        Dialogue(OPENED + sizes((4, 20)) + f"C: UID FETCH 4 (BODY.PEEK[])\n{end}") as dialogue,
        Mailbox.connect(dialogue.account()) as mailbox,
    ):
        with pytest.raises(MailboxUnavailable, match="fetching messages"):
            got(mailbox, 4)
        assert mailbox.suspects.suspected(4)
        mailbox.close(politely=False)


def test_a_message_on_which_the_connection_breaks_blocks_no_other() -> None:
    """After a drop the messages of that batch come last and alone; the one that breaks it again is left for a while."""
    now = [0.0]
    suspects = Suspects(lambda: now[0])
    whole = f"S: * 1 FETCH (UID 4 BODY[] {literal(MAIL)})\nS: $ OK done"
    together = OPENED + sizes((4, 20), (5, 20)) + "C: UID FETCH 4,5 (BODY.PEEK[])\nS: DROP"
    alone = OPENED + sizes((4, 20)) + f"C: UID FETCH 4 (BODY.PEEK[])\n{whole}"
    breaks = sizes((5, 20)) + "C: UID FETCH 5 (BODY.PEEK[])\nS: DROP"
    again = OPENED + sizes((6, 20)) + f"C: UID FETCH 6 (BODY.PEEK[])\n{whole.replace('UID 4', 'UID 6')}" + breaks
    scripts = [together, alone + breaks, *[again] * (ALONE_AT_MOST - 1), OPENED]
    seen: list[set[int]] = []
    with Dialogue(*scripts) as dialogue:
        for uids in [[4, 5], [4, 5], *[[5, 6]] * (ALONE_AT_MOST - 1)]:
            with Mailbox.connect(dialogue.account(), suspects=suspects) as mailbox:
                mailbox.open("INBOX", readonly=False)
                seen.append(set())
                with pytest.raises(MailboxUnavailable):  # noqa: PT012 - what came before it broke counts
                    for batch in fetch(mailbox, uids, limit=LIMIT, room=Room(0)):
                        seen[-1] |= {arrival.uid for arrival in batch.arrivals}
                mailbox.close(politely=False)
        with Mailbox.connect(dialogue.account(), suspects=suspects) as mailbox:
            assert got(mailbox, 5) == ({}, [5])
    assert seen == [set(), {4}, *[{6}] * (ALONE_AT_MOST - 1)]
    assert not suspects.suspected(4)  # it came, so it was not the one
    now[0] = REST_SECONDS
    assert not suspects.resting(5)


OWN = b"From: a@firm.example\r\nSubject: big\r\n"
HEADER = OWN + b"Content-Type: multipart/mixed;\r\n boundary=x\r\nMIME-Version: 1.0\r\n\r\n"
STRUCTURE = (
    '(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)'
    '("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 9000 NIL ("attachment" NIL) NIL NIL)'
    '("TEXT" "PLAIN" ("NAME" "log.txt") NIL NIL "7BIT" 5 1 NIL ("attachment" ("FILENAME" "log.txt")) NIL NIL)'
    ' "MIXED" ("BOUNDARY" "x") NIL NIL NIL)'
)
BIG = f"""
    {OPENED}
    {sizes((4, 5000))}
    C: UID FETCH 4 (BODY.PEEK[HEADER]<0.262144>)
    S: * 1 FETCH (UID 4 BODY[HEADER]<0> {literal(HEADER)})
    S: $ OK done
    C: UID FETCH 4 (BODYSTRUCTURE)
"""


def cut(script: str) -> Batch:
    """The one large message of the script."""
    with talking(script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        (batch,) = fetch(mailbox, [4], limit=LIMIT, room=Room(0))
    return batch


def test_of_a_message_over_the_limit_header_and_text_are_read() -> None:
    """No attachment comes over the wire, and what is put together is a message of the same headers."""
    batch = cut(f"""
        {BIG}
        S: * 1 FETCH (UID 4 BODYSTRUCTURE {STRUCTURE})
        S: $ OK done
        C: UID FETCH 4 (BODY.PEEK[1]<0.1048576> BODY.PEEK[1.MIME])
        S: * 1 FETCH (UID 4 BODY[1]<0> "hello" BODY[1.MIME] {literal(b"Content-Type: text/plain; charset=utf-8")})
        S: $ OK done
    """)
    (arrival,) = batch.arrivals
    assert arrival.truncated
    assert arrival.size == 5000
    assert arrival.raw.startswith(
        b"From: a@firm.example\r\nSubject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart"
    )
    assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n" in arrival.raw
    assert b"boundary=x" not in arrival.raw


@pytest.mark.parametrize(
    "answer",
    [
        "S: $ NO [CANNOT] no structure",
        "S: * 1 FETCH (UID 4 BODYSTRUCTURE " + "(" * 5000 + ")" * 5000 + ")\nS: $ OK done",
        "S: $ OK nothing",
    ],
    ids=["refused", "nested beyond reading", "not given"],
)
def test_where_the_structure_is_not_to_be_had_the_body_is_read_as_it_stands(answer: str) -> None:
    """A hostile structure costs neither the message nor the session: the beginning of the body stands in."""
    batch = cut(f"""
        {BIG}
        {answer}
        C: UID FETCH 4 (BODY.PEEK[TEXT]<0.1048576>)
        S: * 1 FETCH (UID 4 BODY[TEXT]<0> "--x")
        S: $ OK done
    """)
    assert [arrival.raw for arrival in batch.arrivals] == [HEADER + b"--x"]


def test_a_message_over_the_limit_without_text_is_its_header() -> None:
    """Only an attachment: an empty text stands in its place."""
    batch = cut(f"""
        {BIG}
        S: * 1 FETCH (UID 4 BODYSTRUCTURE ("APPLICATION" "PDF" NIL NIL NIL "BASE64" 9000 NIL NIL NIL NIL))
        S: $ OK done
    """)
    (arrival,) = batch.arrivals
    assert b"Content-Type: text/plain\r\n\r\n\r\n--" in arrival.raw


def test_arrival_time_is_none_where_the_server_gives_none() -> None:
    """An INTERNALDATE that is none is no failure."""
    script = f"""
        {OPENED}
        C: UID FETCH 4 (INTERNALDATE)
        S: * 1 FETCH (UID 4 INTERNALDATE "yesterday")
        S: $ OK done
    """
    with talking(script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        assert arrival_time(mailbox, 4) is None


@pytest.mark.parametrize(
    "answer",
    ["S: * 1 FETCH (UID 4 RFC822.SIZE 20 X " + "a" * 1_000_001 + ")", "S: * 1 FETCH (UID 4 BODY[] {99999999999999}"],
    ids=["a line without end", "a literal without end"],
)
def test_an_answer_beyond_all_bounds_ends_the_session(answer: str) -> None:
    """What is left of it would be taken for the next answer: nothing more is asked on this connection."""
    script = f"""
        {OPENED}
        C: UID FETCH 4,5 (RFC822.SIZE INTERNALDATE)
        {answer}
        S: DROP
    """
    with Dialogue(script) as dialogue, Mailbox.connect(dialogue.account()) as mailbox:
        with pytest.raises(MailboxUnavailable) as failed:
            got(mailbox, 4, 5)
        assert type(failed.value) is MailboxUnavailable
        mailbox.close(politely=False)
    assert dialogue.heard[-1].startswith("UID FETCH 4,5")


def test_what_the_server_tells_in_between_is_taken_for_no_answer() -> None:
    """An answer in several pieces, and news of other messages between them, with and without their UIDs."""
    script = f"""
        {OPENED}
        C: UID FETCH 4,5 (RFC822.SIZE INTERNALDATE)
        S: * 1 FETCH (UID 4 RFC822.SIZE 20)
        S: * 4 FETCH (FLAGS (\\Seen))
        S: * 1 FETCH (UID 4 INTERNALDATE "01-Jul-2026 12:00:00 +0200")
        S: * 1 EXPUNGE
        S: * 1 FETCH (UID 5 RFC822.SIZE 20)
        S: * 7 EXISTS
        S: $ OK done
        C: UID FETCH 4,5 (BODY.PEEK[])
        S: * 1 FETCH (FLAGS (\\Seen) UID 5)
        S: * 1 FETCH (UID 5 BODY[] {literal(MAIL)})
        S: $ OK done
    """
    with talking(script) as mailbox:
        assert got(mailbox, 4, 5) == ({5: MAIL}, [4])


def test_a_server_over_its_limit_asks_to_wait() -> None:
    """Pitfalls IMAP 14: a daily limit is waited for, and no message is called missing for it."""
    script = f"""
        {OPENED}
        C: UID FETCH 4 (RFC822.SIZE INTERNALDATE)
        S: $ NO [OVERQUOTA] Account exceeded bandwidth limits
    """
    with talking(script) as mailbox, pytest.raises(TriageError, match="asks to wait") as failed:
        got(mailbox, 4)
    assert isinstance(failed.value, MailboxUnavailable)
