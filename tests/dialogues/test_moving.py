r"""Moving with MOVE, with UIDPLUS only, and with neither; the server's proof, or its silence, of what was moved.

Whatever happens, the scripted server fails the test on a plain EXPUNGE (pitfalls IMAP 18).
"""

from collections.abc import Mapping

import pytest

from tests.dialogues.server import logged_in, selected, talking
from triage.errors import MailboxRefused, MailboxUnavailable
from triage.mailbox.failures import Busy
from triage.mailbox.moving import UNTOLD, Landing, move, remove, standing

HERE = """
    C: UID SEARCH UNDELETED UID 7,8
    S: * SEARCH 7 8
    S: $ OK done
"""
SIZED = "(FLAGS RFC822.SIZE)"


def moved(capabilities: str, script: str, *uids: int) -> Mapping[int, Landing | None]:
    """Where messages of INBOX land in Urgent."""
    with talking(logged_in(capabilities) + selected() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        return move(mailbox, uids or (7, 8), "Urgent")


def test_move_tells_where_each_message_landed() -> None:
    """RFC 6851 §4.3: COPYUID in an untagged OK; ranges are expanded in order."""
    script = f"""
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: * OK [COPYUID 5 7:8 20,31] moved
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: $ OK done
    """
    assert moved("MOVE UIDPLUS", script) == {7: Landing(5, 20), 8: Landing(5, 31)}


def test_a_message_that_is_gone_is_left_out() -> None:
    """What a person took in the meantime is no failure, and no other message suffers."""
    script = """
        C: UID SEARCH UNDELETED UID 7,8
        S: * SEARCH 8
        S: $ OK done
        C: UID FETCH 7 (FLAGS RFC822.SIZE)
        S: $ OK done
        C: UID MOVE 8 "Urgent"
        S: $ OK [COPYUID 5 8 20] moved
    """
    assert moved("MOVE UIDPLUS", script) == {8: Landing(5, 20)}


def test_nothing_is_sent_for_messages_that_are_all_gone() -> None:
    """A search without an answer is no proof; that they have no size either is."""
    script = f"""
        C: UID SEARCH UNDELETED UID 7,8
        S: $ OK done
        C: UID FETCH 7,8 {SIZED}
        S: * 7 FETCH (FLAGS ())
        S: $ OK done
    """
    assert moved("MOVE", script) == {}


def test_a_search_answered_ok_without_data_calls_nothing_gone() -> None:
    r"""Pitfalls IMAP 22: asked in another way, they are there, but for the one that a person marked \Deleted."""
    script = f"""
        C: UID SEARCH UNDELETED UID 7,8
        S: $ OK done
        C: UID FETCH 7,8 {SIZED}
        S: * 2 FETCH (FLAGS (\\Seen \\deleted) UID 8 RFC822.SIZE 9)
        S: * 1 FETCH (UID 7 FLAGS () RFC822.SIZE 9)
        S: $ OK done
        C: UID MOVE 7 "Urgent"
        S: $ OK [COPYUID 5 7 20] moved
    """
    assert moved("MOVE UIDPLUS", script) == {7: Landing(5, 20)}


def test_only_what_was_asked_for_is_moved_whatever_a_search_says() -> None:
    """A search refused after its answer is forgotten; UIDs that were not asked about are not touched."""
    script = """
        C: UID SEARCH UNDELETED UID 7
        S: * SEARCH 5
        S: $ NO [SERVERBUG] oh
        C: UID SEARCH UNDELETED UID 7
        S: * SEARCH 6 7
        S: $ OK done
        C: UID MOVE 7 "Urgent"
        S: $ OK [COPYUID 5 7 20] moved
    """
    with talking(logged_in("MOVE") + selected() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        with pytest.raises(MailboxRefused):
            move(mailbox, [7], "Urgent")
        assert move(mailbox, [7], "Urgent") == {7: Landing(5, 20)}


def test_move_without_copyuid_is_believed_without_a_place() -> None:
    """An OK to MOVE says that all were moved; where to is looked up when somebody asks."""
    script = f"""
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: $ OK done
    """
    assert moved("MOVE", script) == {7: UNTOLD, 8: UNTOLD}


def test_without_move_messages_are_copied_and_just_these_expunged() -> None:
    r"""Pitfalls IMAP 18: COPY, COPYUID, \Deleted, UID EXPUNGE."""
    script = f"""
        {HERE}
        C: UID COPY 7,8 "Urgent"
        S: $ OK [COPYUID 5 7,8 20:21] copied
        C: UID STORE 7,8 +FLAGS.SILENT (\\Deleted)
        S: $ OK done
        C: UID EXPUNGE 7,8
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: $ OK done
    """
    assert moved("UIDPLUS", script) == {7: Landing(5, 20), 8: Landing(5, 21)}


def test_what_copyuid_does_not_confirm_keeps_its_original() -> None:
    """Pitfalls IMAP 19: the second is not removed, and neither called moved nor gone: it is not known."""
    script = f"""
        {HERE}
        C: UID COPY 7,8 "Urgent"
        S: $ OK [COPYUID 5 7 20] copied
        C: UID STORE 7 +FLAGS.SILENT (\\Deleted)
        S: $ OK done
        C: UID EXPUNGE 7
        S: $ OK done
    """
    assert moved("UIDPLUS", script) == {7: Landing(5, 20), 8: None}


def test_what_a_move_does_not_confirm_is_not_known() -> None:
    """COPYUID of one for two: the other may be here or there, and nobody else has taken it."""
    script = f"""
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: * OK [COPYUID 5 8 20] moved
        S: * 2 EXPUNGE
        S: $ OK done
    """
    assert moved("MOVE UIDPLUS", script) == {7: None, 8: Landing(5, 20)}


@pytest.mark.parametrize("capabilities", ["", "UIDPLUS"], ids=["no UIDPLUS", "UIDPLUS"])
def test_a_copy_without_proof_leaves_the_original_marked(capabilities: str) -> None:
    r"""OK without COPYUID: the originals are \Deleted, which a person can undo; nothing is expunged."""
    script = f"""
        {HERE}
        C: UID COPY 7,8 "Urgent"
        S: $ OK done
        C: UID STORE 7,8 +FLAGS.SILENT (\\Deleted)
        S: $ OK done
    """
    assert moved(capabilities, script) == {7: UNTOLD, 8: UNTOLD}


def test_a_failed_copy_touches_nothing() -> None:
    """Pitfalls IMAP 19: NO to COPY, and neither flag nor expunge follows."""
    script = f"""
        {HERE}
        C: UID COPY 7,8 "Urgent"
        S: $ NO [NOPERM] not yours
    """
    with pytest.raises(MailboxRefused, match=r"moving into the folder 'Urgent'.*not yours"):
        moved("UIDPLUS", script)


@pytest.mark.parametrize(("capabilities", "command"), [("MOVE UIDPLUS", "MOVE"), ("UIDPLUS", "COPY")])
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("[OVERQUOTA] Quota exceeded", Busy, "the mailbox is full.*make room in it"),
        ("[INUSE] locked", Busy, "asks to wait: .*locked"),
        ("[LIMIT] too many flags", Busy, "asks to wait: .*too many flags"),
        ("[UNAVAILABLE] backend", MailboxUnavailable, "asks to wait: .*backend"),
        ("[THROTTLED] slow down", MailboxUnavailable, "asks to wait: .*slow down"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else value.__name__,
)
def test_a_refused_move_says_whether_it_is_the_folders_trouble_or_the_servers(
    capabilities: str, command: str, answer: str, kind: type[MailboxUnavailable], words: str
) -> None:
    """Where it is the folder's, other folders may do: the connection is kept. A full mailbox is told by name."""
    script = f"""
        {HERE}
        C: UID {command} 7,8 "Urgent"
        S: $ NO {answer}
    """
    with pytest.raises(MailboxUnavailable, match=words) as failed:
        moved(capabilities, script)
    assert type(failed.value) is kind


@pytest.mark.parametrize("code", ["[TRYCREATE]", "[NONEXISTENT]", ""])
@pytest.mark.parametrize(("capabilities", "command"), [("MOVE", "MOVE"), ("", "COPY")])
def test_a_missing_folder_is_made_and_the_move_tried_once_more(capabilities: str, command: str, code: str) -> None:
    """RFC 3501 §7.1; what was meant for a folder that somebody deleted still gets there. Without a code it is asked."""
    asked = "" if code else 'C: LIST "" "Urgent"\nS: $ OK none'
    marked = "C: UID STORE 7,8 +FLAGS.SILENT (\\Deleted)\nS: $ OK done" if command == "COPY" else ""
    script = f"""
        {HERE}
        C: UID {command} 7,8 "Urgent"
        S: $ NO {code} no such folder
        {asked}
        C: CREATE "Urgent"
        S: $ OK done
        C: SUBSCRIBE "Urgent"
        S: $ NO no subscriptions here
        C: UID {command} 7,8 "Urgent"
        S: $ OK [COPYUID 5 7:8 1:2] done
        {marked}
    """
    assert moved(capabilities, script) == {7: Landing(5, 1), 8: Landing(5, 2)}


def test_a_folder_that_cannot_be_made_is_refused_after_one_try() -> None:
    """No endless trying."""
    script = f"""
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: $ NO [TRYCREATE] no such folder
        C: CREATE "Urgent"
        S: $ NO [NOPERM] not here
        C: LIST "" "Urgent"
        S: $ OK none
    """
    with pytest.raises(MailboxRefused, match=r"creating the folder 'Urgent'.*not here"):
        moved("MOVE", script)


def test_proof_left_over_from_a_failed_command_counts_for_none_later() -> None:
    """A COPYUID told before a refusal is forgotten, and does not place a message of the next move."""
    script = f"""
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: * OK [COPYUID 5 7 20] moved
        S: $ NO [SERVERBUG] half-way
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: $ OK done
    """
    with talking(logged_in("MOVE") + selected() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        with pytest.raises(MailboxRefused):
            move(mailbox, [7, 8], "Urgent")
        assert move(mailbox, [7, 8], "Urgent") == {7: UNTOLD, 8: UNTOLD}


@pytest.mark.parametrize(
    ("sources", "targets", "expected"),
    [
        ("7:8", "21:20", {7: Landing(5, 20), 8: Landing(5, 21)}),
        ("8,7", "21,20", {7: Landing(5, 20), 8: Landing(5, 21)}),
        ("7:9999999999", "20:9999999999", {7: Landing(5, 20), 8: Landing(5, 21)}),
        ("7,8", "20", {7: Landing(5, 20), 8: None}),
    ],
    ids=["backwards", "unordered", "a range without end", "too few"],
)
def test_odd_sets_in_copyuid_are_read(sources: str, targets: str, expected: dict[int, Landing | None]) -> None:
    """Ranges may be written backwards (RFC 3501 §9) and are bounded; what has no partner is not confirmed."""
    script = f"""
        {HERE}
        C: UID MOVE 7,8 "Urgent"
        S: $ OK [COPYUID 5 {sources} {targets}] done
    """
    assert moved("MOVE", script) == expected


def test_remove_without_uidplus_only_marks() -> None:
    r"""Never a plain EXPUNGE: the message stays, \Deleted."""
    script = """
        C: UID STORE 7 +FLAGS.SILENT (\\Deleted)
        S: $ OK done
    """
    with talking(logged_in() + selected() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        remove(mailbox, [7])


LISTED = """
    C: LIST "" "*"
    S: * LIST () "/" INBOX
    S: * LIST () "/" Urgent
    S: $ OK done
"""
EXAMINED = """
    C: EXAMINE "Urgent"
    S: * 4 EXISTS
    S: * OK [UIDVALIDITY 5] valid
    S: $ OK [READ-ONLY] done
"""


def test_many_are_sought_by_one_search_and_one_by_one_only_where_some_stand_there() -> None:
    """A copy that is in Sent is not made twice; that none is there costs one search."""
    script = f"""
        {selected()}
        {LISTED}
        {EXAMINED}
        C: UID SEARCH UNDELETED OR HEADER Message-ID <b@x.example> HEADER Message-ID <a@x.example>
        S: * SEARCH 4
        S: $ OK done
        C: UID SEARCH UNDELETED HEADER Message-ID <a@x.example>
        S: * SEARCH
        S: $ OK done
        C: UID SEARCH UNDELETED HEADER Message-ID <b@x.example>
        S: * SEARCH 4
        S: $ OK done
        {selected()}
        {LISTED}
        {EXAMINED}
        C: UID SEARCH UNDELETED HEADER Message-ID <c@x.example>
        S: * SEARCH
        S: $ OK done
        {selected()}
    """
    with talking(logged_in() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        assert standing(mailbox, "Urgent", ["<a@x.example>", "<b@x.example>"]) == {"<b@x.example>"}
        assert standing(mailbox, "Urgent", ["<c@x.example>"]) == set()
        assert standing(mailbox, "Urgent", []) == set()
