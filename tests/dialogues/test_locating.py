"""Where many messages stand in another folder: what is asked of the server, and which answers are believed."""

from hashlib import sha256

import pytest

from tests.dialogues.server import literal, logged_in, selected, talking
from tests.dialogues.test_moving import EXAMINED, LISTED
from triage.mailbox.locating import Sought, landed
from triage.mailbox.moving import Landing

MAIL = b"Message-ID: <a@b.example>\r\n\r\nhello\r\n"
HEADER = b"Message-ID: <a@b.example>\r\n\r\n"
ASKED = "(FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"


def known(row: int = 1, message_id: str | None = "<a@b.example>", raw: bytes = MAIL) -> Sought:
    """A message as the ledger has it."""
    return Sought(row=row, message_id=message_id, size=len(raw), digest=sha256(raw).hexdigest())


def look(script: str, *sought: Sought) -> dict[int, Landing]:
    """Where they stand in Urgent; INBOX is open before and after."""
    whole = f"{selected()}{LISTED}{EXAMINED}{script}{selected()}"
    with talking(logged_in() + whole) as mailbox:
        mailbox.open("INBOX", readonly=False)
        return dict(landed(mailbox, "Urgent", sought, limit=1000))


def listed(uid: int, size: int, header: bytes = HEADER) -> str:
    """One line of the answer."""
    field = literal(header)
    return f"S: * 1 FETCH (UID {uid} FLAGS () RFC822.SIZE {size} BODY[HEADER.FIELDS (MESSAGE-ID)] {field})"


def test_only_what_has_the_size_is_compared_and_the_newest_is_taken() -> None:
    """Several messages bear the Message-ID; of those of the right size and bytes, the newest."""
    script = f"""
        C: UID SEARCH UNDELETED HEADER Message-ID a@b.example
        S: * SEARCH 2 3 4
        S: $ OK done
        C: UID FETCH 4,3,2 {ASKED}
        {listed(2, len(MAIL))}
        {listed(3, len(MAIL))}
        {listed(4, 999)}
        S: $ OK done
        C: UID FETCH 3,2 (BODY.PEEK[])
        S: * 1 FETCH (UID 2 BODY[] {literal(MAIL)})
        S: * 2 FETCH (UID 3 BODY[] {literal(MAIL)})
        S: $ OK done
    """
    assert look(script, known()) == {1: Landing(5, 3)}


def test_only_the_very_bytes_are_believed() -> None:
    """A message that bears the same Message-ID and size, and says something else, is another one."""
    script = f"""
        C: UID SEARCH UNDELETED HEADER Message-ID a@b.example
        S: * SEARCH 2
        S: $ OK done
        C: UID FETCH 2 {ASKED}
        {listed(2, len(MAIL))}
        S: $ OK done
        C: UID FETCH 2 (BODY.PEEK[])
        S: * 1 FETCH (UID 2 BODY[] {literal(MAIL.replace(b"hello", b"hullo"))})
        S: $ OK done
    """
    assert look(script, known()) == {}


def test_many_are_sought_by_one_search() -> None:
    """That none of them is there, the usual answer, costs one command; a range of sizes is a search key like others."""
    size = len(MAIL)
    by_size = f"NOT OR NOT LARGER {size - 1} NOT SMALLER {size + 1}"
    script = f"""
        C: UID SEARCH UNDELETED OR {by_size} OR HEADER Message-ID c@b.example HEADER Message-ID a@b.example
        S: * SEARCH
        S: $ OK done
    """
    assert look(script, known(1), known(2, "<c@b.example>"), known(3, None)) == {}


@pytest.mark.parametrize("hostile", ["<a\r\nX1 LOGOUT>", "<é@b.example>", "<>", None])
def test_by_size_where_the_id_cannot_be_written(hostile: str | None) -> None:
    """What a sender wrote goes into a command only as printable ASCII; by size it is found all the same."""
    script = f"""
        C: UID SEARCH UNDELETED NOT OR NOT LARGER {len(MAIL) - 1} NOT SMALLER {len(MAIL) + 1}
        S: * SEARCH 2
        S: $ OK done
        C: UID FETCH 2 {ASKED}
        {listed(2, len(MAIL))}
        S: $ OK done
        C: UID FETCH 2 (BODY.PEEK[])
        S: * 1 FETCH (UID 2 BODY[] {literal(MAIL)})
        S: $ OK done
    """
    assert look(script, known(1, hostile)) == {1: Landing(5, 2)}


def test_a_thousand_forgeries_cost_no_more_than_twenty() -> None:
    """Only the newest that look like the one sought are fetched."""
    uids = list(range(100, 0, -1))
    shown = "\n".join(listed(uid, len(MAIL)) for uid in uids)
    script = f"""
        C: UID SEARCH UNDELETED HEADER Message-ID a@b.example
        S: * SEARCH {" ".join(map(str, uids))}
        S: $ OK done
        C: UID FETCH {",".join(map(str, uids))} {ASKED}
        {shown}
        S: $ OK done
        C: UID FETCH {",".join(map(str, uids[:20]))} (BODY.PEEK[])
        S: $ OK done
    """
    assert look(script, known()) == {}


def test_in_a_folder_that_does_not_exist_nothing_stands() -> None:
    """And nothing is opened."""
    with talking(logged_in() + LISTED) as mailbox:
        assert landed(mailbox, "Elsewhere", [known()], limit=1000) == {}
        assert landed(mailbox, "Urgent", [], limit=1000) == {}
