r"""Folders, flags, appending and searching on servers that lack something or name things their own way."""

from datetime import UTC, datetime

import pytest

from tests.dialogues.server import logged_in, selected, talking
from triage.errors import MailboxRefused, MailboxUnavailable
from triage.mailbox.connection import SEARCHED_AT_ONCE
from triage.mailbox.failures import Busy

WHEN = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("S: * OK [UIDVALIDITY 9] valid", 9),
        ("S: * OK [UIDVALIDITY 0] none", None),
        ("", None),
        ("S: * OK [UIDVALIDITY 9] valid\nS: * NO [UIDNOTSTICKY] not kept", None),
    ],
    ids=["told", "zero", "missing", "not sticky"],
)
def test_a_uidvalidity_that_means_nothing_is_none(told: str, expected: int | None) -> None:
    """Pitfalls IMAP 17: 0, none, or UIDs that do not stick (RFC 4315 §3) are all unknown."""
    with talking(logged_in() + selected(uidvalidity=told)) as mailbox:
        assert mailbox.open("INBOX", readonly=False).uidvalidity == expected


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ("\\Flagged \\Seen \\*", "(\\Flagged $Urgent)"),
        ("\\Flagged $urgent", "(\\Flagged $Urgent)"),
        ("\\Flagged \\Seen", "(\\Flagged)"),
    ],
    ids=["any keyword", "this keyword", "no keyword"],
)
def test_keywords_are_set_only_where_the_folder_keeps_them(kept: str, sent: str) -> None:
    """PERMANENTFLAGS decides about keywords; system flags are set in any case."""
    script = f"""
        {selected(flags=kept)}
        C: UID STORE 4,5 +FLAGS.SILENT {sent}
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        mailbox.add_flags([4, 5], ["\\Flagged", "$Urgent"])


def test_only_keywords_and_none_kept_sends_nothing() -> None:
    """A STORE of nothing would be refused."""
    with talking(logged_in() + selected(flags="")) as mailbox:
        mailbox.open("INBOX", readonly=False)
        mailbox.add_flags([4], ["$Urgent"])


def test_missing_folders_are_made_subscribed_and_asked_for_once() -> None:
    """INBOX in any case exists; a name that differs only in its composition (NFC, NFD) exists; the rest is made."""
    script = """
        C: LIST "" "*"
        S: * LIST () "/" INBOX
        S: * LIST () "/" "D&AGUDAQ-lais"
        S: * LIST (\\Noselect) "/" Suivi
        S: $ OK done
        C: CREATE "Suivi"
        S: $ OK done
        C: SUBSCRIBE "Suivi"
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        assert mailbox.ensure_folders(["Inbox", "Délais", "Suivi", "Suivi"]) == ("Suivi",)
        assert mailbox.ensure_folders(["Suivi", "Délais"]) == ()


def test_one_name_that_is_no_modified_utf_7_costs_no_other() -> None:
    """Some programs make folders such as "R&D" as they are; the others are found all the same."""
    script = """
        C: LIST "" "*"
        S: * LIST () "/" INBOX
        S: * LIST () "/" "R&D"
        S: * LIST () "/" "D&AOk-lais"
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        assert mailbox.folders() == ["Délais", "INBOX", "R&D"]
        assert mailbox.path("Délais") == "Délais"


@pytest.mark.parametrize("code", ["[OVERQUOTA] Quota exceeded", "[INUSE] locked"])
def test_a_copy_that_finds_no_room_keeps_the_session(code: str) -> None:
    """The session is in step, and INBOX is still worked on."""
    script = f"""
        C: APPEND "Sent" () "09-Nov-2026 15:00:00 +0000" x
        S: $ NO {code}
        C: NOOP
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        with pytest.raises(Busy, match=r"saving into the folder 'Sent': the server asks to wait"):
            mailbox.append("Sent", b"x", when=WHEN)
        mailbox.noop()


def test_a_folder_that_another_client_made_first_is_there_all_the_same() -> None:
    """NO to CREATE is no failure where the folder exists."""
    script = """
        C: LIST "" "*"
        S: $ OK done
        C: CREATE "Urgent"
        S: $ NO [ALREADYEXISTS] exists
        C: LIST "" "Urgent"
        S: * LIST () "/" Urgent
        S: $ OK done
        C: SUBSCRIBE "Urgent"
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        assert mailbox.ensure_folders(["Urgent"]) == ("Urgent",)


def test_a_name_with_the_servers_delimiter_in_it_is_one_folder_each_time() -> None:
    """ "Dr. Roy" on a server that divides by dots lies under "Dr"; it is found there and not made again."""
    script = """
        C: LIST "" "*"
        S: * LIST () "." "Dr. Roy"
        S: $ OK done
    """
    with talking(logged_in(delimiter='"."') + script) as mailbox:
        assert mailbox.ensure_folders(["Dr. Roy"]) == ()


def test_a_server_without_levels_takes_the_name_as_it_is() -> None:
    """A NIL delimiter (RFC 3501 §7.2.2): there is nothing to translate."""
    with talking(logged_in(delimiter="NIL")) as mailbox:
        assert mailbox.path("Suivi/Urgent") == "Suivi/Urgent"


def test_spaces_quotes_and_accents_in_names_arrive_as_they_are() -> None:
    """Pitfalls IMAP 29: quoted, and in modified UTF-7."""
    script = """
        C: EXAMINE "Dossiers \\"&AOA- revoir\\" &- plus"
        S: * 0 EXISTS
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        assert mailbox.open('Dossiers "à revoir" & plus', readonly=True).exists == 0


def test_appending_to_a_missing_folder_makes_it() -> None:
    """TRYCREATE before the literal is sent; then the whole message, byte for byte, with its date."""
    script = """
        C: APPEND "Sent" (\\Seen) "09-Nov-2026 15:00:00 +0000" Subject: x␍␊␍␊hello␍␊
        S: $ NO [TRYCREATE] no such folder
        C: CREATE "Sent"
        S: $ OK done
        C: SUBSCRIBE "Sent"
        S: $ OK done
        C: APPEND "Sent" (\\Seen) "09-Nov-2026 15:00:00 +0000" Subject: x␍␊␍␊hello␍␊
        S: $ OK [APPENDUID 1 1] done
    """
    with talking(logged_in() + script) as mailbox:
        mailbox.append("Sent", b"Subject: x\r\n\r\nhello\r\n", flags=["\\Seen"], when=WHEN)


def test_a_folder_replaced_while_another_is_looked_into_ends_the_session() -> None:
    """Pitfalls IMAP 15: the UIDs in hand would mean other messages."""
    script = f"""
        {selected()}
        C: EXAMINE "Urgent"
        S: * 0 EXISTS
        S: $ OK done
        {selected(uidvalidity="S: * OK [UIDVALIDITY 10] valid")}
    """
    with talking(logged_in() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        with pytest.raises(MailboxUnavailable, match="'INBOX' was replaced"), mailbox.visiting("Urgent"):
            pass


def test_a_folder_that_cannot_be_opened_is_refused_with_its_name() -> None:
    """A visit that fails comes back to the folder that was open."""
    script = f"""
        {selected()}
        C: EXAMINE "Urgent"
        S: $ NO [NOPERM] not yours
        {selected()}
        C: NOOP
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        with pytest.raises(MailboxRefused, match=r"opening the folder 'Urgent'.*not yours"), mailbox.visiting("Urgent"):
            pass
        mailbox.noop()


def test_a_server_that_grants_only_reading_is_refused() -> None:
    """SELECT answered READ-ONLY: nothing could be moved, so a person is told at once."""
    script = """
        C: SELECT "INBOX"
        S: * 1 EXISTS
        S: $ OK [READ-ONLY] look, do not touch
    """
    with talking(logged_in() + script) as mailbox, pytest.raises(MailboxRefused, match="not writable"):
        mailbox.open("INBOX", readonly=False)


def test_a_very_full_inbox_is_searched_in_ranges() -> None:
    """One line of the answer must stay within what imaplib reads; the last range has no end."""
    exists = 2 * SEARCHED_AT_ONCE + 1
    script = f"""
        {selected(exists=exists)}
        C: UID SEARCH 1:{SEARCHED_AT_ONCE} UNDELETED
        S: * SEARCH 9 4
        S: $ OK done
        C: UID SEARCH {SEARCHED_AT_ONCE + 1}:{2 * SEARCHED_AT_ONCE} UNDELETED
        S: * SEARCH
        S: $ OK done
        C: UID SEARCH {exists}:* UNDELETED
        S: * SEARCH 4000000000
        S: $ OK done
    """
    with talking(logged_in() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        assert mailbox.waiting() == [4, 9, 4000000000]


def test_an_empty_inbox_without_any_search_answer_is_empty() -> None:
    """Some servers say nothing where nothing is found; UNDELETED is asked for, never no criterion (IMAP 25)."""
    script = """
        C: UID SEARCH UNDELETED
        S: $ OK done
    """
    with talking(logged_in() + selected(exists=0) + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        assert mailbox.waiting() == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('S: * QUOTAROOT INBOX ""\nS: * QUOTA "" (STORAGE 12288 1024000 MESSAGE 5 50)\nS: $ OK done',
         "storage 12 of 1000 MB, message 5 of 50"),
        ("S: * QUOTAROOT INBOX\nS: $ OK none", None),
        ("S: $ NO [NOPERM] no", None),
    ],
    ids=["told", "no root", "refused"],
)  # fmt: skip
def test_the_quota_is_told_in_words(answer: str, expected: str | None) -> None:
    """For `check --connect`; a server that tells none costs nothing."""
    with talking(logged_in("QUOTA") + f"C: GETQUOTAROOT INBOX\n{answer}") as mailbox:
        assert mailbox.quota() == expected
    with talking(logged_in()) as mailbox:
        assert mailbox.quota() is None


def test_mail_that_comes_among_the_answers_is_news_until_the_folder_is_looked_at_again() -> None:
    """The count told at opening is none; what is told during the search, or after it, the search may not contain."""
    searched = """
        C: UID SEARCH UNDELETED
        S: * SEARCH 1 2 3
        S: $ OK done
    """
    script = f"""
        {selected()}
        {searched}
        {selected()}
        {searched.replace("S: * SEARCH", "S: * 4 EXISTS␍␊* SEARCH")}
        {searched}
        {selected()}
        {searched}
        C: NOOP
        S: * 4 EXISTS
        S: $ OK done
        {selected()}
        {searched}
    """
    seen = []
    with talking(logged_in() + script) as mailbox:
        for more in (lambda: None, mailbox.waiting, mailbox.noop, lambda: None):
            mailbox.open("INBOX", readonly=False)
            mailbox.waiting()
            more()
            seen.append(mailbox.has_news())
    assert seen == [False, True, True, False]
