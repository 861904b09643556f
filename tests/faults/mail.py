"""The mail that is delivered, and what must become of each message."""

import random
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP

from tests.world import letter

SENT = "Sent"
# By the word that tells tests.world.KeywordClassifier the label; the last is none to it.
TREATMENT = {
    "urgent": ("Urgent", {"\\Flagged", "$Urgent"}),
    "serious_error": ("Serious errors", {"\\Flagged", "$SeriousError"}),
    "reconsideration": ("Reconsideration", {"$Reconsideration"}),
    "webform": ("Web form", {"$WebForm"}),
    "a question": ("To review", {"\\Flagged", "$Unsure"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as it was delivered, and where it must stand in the end."""

    raw: bytes
    folder: str
    flags: frozenset[str]  # all that it must carry, but for \\Recent
    sender: str
    answered: bool  # whether its sender gets a reply; for mail delivered twice, one for both
    duty: str  # who is told of it; empty: nobody


def letters(rng: random.Random, run: str, count: int) -> list[Letter]:
    """Give `count` messages of every kind, in random order; `run` tells their people apart from all other runs'."""
    made: list[Letter] = []
    kinds = list(TREATMENT)
    for number in range(count):
        kind = kinds[number] if number < len(kinds) else rng.choice([*kinds, "machine", "twice", "same id", "no id"])
        if number in _ALWAYS:
            kind = _ALWAYS[number]
        made.append(_letter(rng, kind, run, number, made))
    rng.shuffle(made)
    return made


# The kinds that are in any mail of ten.
_ALWAYS = {5: "machine", 6: "twice", 7: "same id", 8: "no id", 9: "urgent"}


def _letter(rng: random.Random, kind: str, run: str, number: int, before: list[Letter]) -> Letter:
    people = [one for one in before if one.answered]
    if kind == "twice" and people:
        return rng.choice(people)
    word = kind if kind in TREATMENT else rng.choice(list(TREATMENT))
    folder, flags = TREATMENT[word]
    sender = f"p{number}@{run}.example"
    headers = {}
    if kind == "machine":
        folder, flags, headers = "Automated", set(), {"Auto_Submitted": "auto-replied"}
    raw = letter(f"{run}-{number}", f"{word} {'x' * rng.choice([0, 0, 5_000])}", sender=sender, **headers)
    if kind == "same id" and people:
        raw = _with_id(raw, str(message_from_bytes(rng.choice(people).raw)["Message-ID"] or ""))
    if kind == "no id":
        raw = _with_id(raw, "")
    return Letter(
        raw=raw,
        folder=folder,
        flags=frozenset(flags),
        sender=sender,
        answered=kind != "machine",
        duty=f"duty@{run}.example" if word == "urgent" and kind != "machine" else "",
    )


def _with_id(raw: bytes, message_id: str) -> bytes:
    mail = message_from_bytes(raw, policy=SMTP)
    del mail["Message-ID"]
    if message_id:
        mail["Message-ID"] = message_id
    return mail.as_bytes()
