"""The auditor notices whatever is wrong: an audit that cannot fail proves nothing."""

import random
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from tests.faults.audit import Folder, Recorded, Seen, Standing, findings
from tests.faults.mail import letters
from tests.servers.smtp import Taken
from tests.world import letter

MAIL = letters(random.Random(3), "audited", 10)
DIFFERENT = list({one.raw: one for one in MAIL}.values())
URGENT = next(one for one in MAIL if one.folder == "Urgent")


def reply(to: str, number: int, answers: bytes) -> Taken:
    """A mail of ours."""
    asked = next(line for line in answers.split(b"\r\n") if line.startswith(b"Message-ID")) if answers else b""
    head = asked.replace(b"Message-ID", b"In-Reply-To") + b"\r\n" if asked else b""
    return Taken("", [to], head + letter(f"ours-{number}", "reply"))


def well() -> Seen:
    """All as it must be."""
    folders: dict[str, list[Standing]] = {"INBOX": []}
    moves = []
    for one in MAIL:
        there = folders.setdefault(one.folder, [])
        there.append(Standing(uid=len(there) + 1, flags=one.flags, raw=one.raw))
        moves.append(
            Recorded(
                kind="move",
                state="done",
                digest=sha256(one.raw).hexdigest(),
                detail={"folder": one.folder},
                outcome={"uidvalidity": 7, "uid": len(there)},
            )
        )
    answers = [one for one in DIFFERENT if one.answered]
    sent = [
        reply(one.sender, number, one.raw if b"Message-ID" in one.raw else b"") for number, one in enumerate(answers)
    ]
    told = [reply(one.duty, 100 + number, b"") for number, one in enumerate(DIFFERENT) if one.duty]
    folders["Sent"] = [
        Standing(uid=uid, flags=frozenset({"\\Seen"}), raw=one.content) for uid, one in enumerate(sent, 1)
    ]
    return Seen(
        folders={name: Folder(uidvalidity=7, messages=tuple(there)) for name, there in folders.items()},
        taken=(*sent, *told),
        digests=tuple(sha256(one.raw).hexdigest() for one in MAIL),
        effects=tuple(moves),
        outbox=0,
    )


def changed(seen: Seen, folder: str, change: Callable[[tuple[Standing, ...]], tuple[Standing, ...]]) -> Seen:
    """The same, but for one folder."""
    was = seen.folders[folder]
    return replace(seen, folders={**seen.folders, folder: replace(was, messages=change(was.messages))})


def elsewhere(seen: Seen) -> Seen:
    """A message in the wrong folder."""
    moved = seen.folders["Urgent"].messages[0]
    return changed(
        changed(seen, "Urgent", lambda all_: all_[1:]), "To review", lambda all_: (*all_, replace(moved, uid=9))
    )


WRONG: dict[str, Callable[[Seen], Seen]] = {
    "a message lost": lambda seen: changed(seen, "Urgent", lambda all_: all_[1:]),
    "a message doubled": lambda seen: changed(seen, "Urgent", lambda all_: (*all_, replace(all_[0], uid=9))),
    "a copy left in INBOX": lambda seen: changed(seen, "INBOX", lambda _: seen.folders["Urgent"].messages[:1]),
    "a byte changed": lambda seen: changed(
        seen, "Urgent", lambda all_: (replace(all_[0], raw=all_[0].raw[:-3] + b"!\r\n"), *all_[1:])
    ),
    "a message in the wrong folder": elsewhere,
    "a flag missing": lambda seen: changed(
        seen, "Urgent", lambda all_: (replace(all_[0], flags=frozenset({"\\Flagged"})), *all_[1:])
    ),
    "a message marked as read": lambda seen: changed(
        seen, "Urgent", lambda all_: (replace(all_[0], flags=all_[0].flags | {"\\Seen"}), *all_[1:])
    ),
    "a reply missing": lambda seen: replace(seen, taken=seen.taken[1:]),
    "a reply sent twice": lambda seen: replace(seen, taken=(*seen.taken, seen.taken[0])),
    "a second reply under another Message-ID": lambda seen: replace(
        seen, taken=(*seen.taken, reply(seen.taken[0].recipients[0], 200, b""))
    ),
    "a reply to somebody else": lambda seen: replace(seen, taken=(*seen.taken, reply("x@audited.example", 200, b""))),
    "no copy in Sent": lambda seen: changed(seen, "Sent", lambda all_: all_[1:]),
    "two copies in Sent": lambda seen: changed(seen, "Sent", lambda all_: (*all_, replace(all_[0], uid=99))),
    "an effect left open": lambda seen: replace(
        seen, effects=(replace(seen.effects[0], state="planned"), *seen.effects[1:])
    ),
    "a message not in the ledger": lambda seen: replace(seen, digests=seen.digests[1:]),
    "a place remembered wrongly": lambda seen: replace(
        seen, effects=(replace(seen.effects[0], outcome={"uidvalidity": 7, "uid": 77}), *seen.effects[1:])
    ),
    "a mail left in the ledger": lambda seen: replace(seen, outbox=1),
}


def test_nothing_is_found_where_all_is_well() -> None:
    """Else every finding below would prove nothing."""
    assert findings(well(), MAIL) == []


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_is_found(wrong: str) -> None:
    """Each by itself, all else being well."""
    assert findings(WRONG[wrong](well()), MAIL)


def test_only_a_mail_that_was_in_doubt_may_go_out_again() -> None:
    """As often as it was in doubt, and no other."""
    seen = well()
    again = replace(seen, taken=(*seen.taken, seen.taken[0]))
    assert findings(again, MAIL, in_doubt=["<ours-0@firm.example>"]) == []
    assert findings(again, MAIL, in_doubt=["<ours-1@firm.example>"])


def test_what_is_left_marked_is_well_only_where_the_server_cannot_remove_it() -> None:
    """And only where it was delivered."""
    left = Standing(uid=3, flags=URGENT.flags | {"\\Deleted"}, raw=URGENT.raw)
    seen = changed(well(), "INBOX", lambda _: (left,))
    assert findings(seen, MAIL, marks=True) == []
    assert findings(seen, MAIL)


def test_the_mail_is_of_every_kind() -> None:
    """All four labels, unsure, machine mail, the same twice, and one Message-ID for two people."""
    assert {one.folder for one in MAIL} == {
        *("Urgent", "Serious errors", "Reconsideration", "Web form", "To review", "Automated")
    }
    assert len(DIFFERENT) < len(MAIL)
    ids = [line for one in DIFFERENT for line in one.raw.split(b"\r\n") if line.startswith(b"Message-ID")]
    assert len(set(ids)) < len(ids) < len(DIFFERENT)
