"""Compares where the service would have put messages with what people did with them. Pure.

agreed        it stands in the very folder
differed      it stands in another folder that the service uses; or people flagged or answered, outside the folder
              for them, what would have been redirected or set aside as machine mail
waiting       it stands in INBOX, neither answered nor flagged: nobody has decided yet
elsewhere     a person dealt with it in a way that says nothing of the folder: answered or flagged in INBOX, or
              moved to a folder of theirs
              (of a rule on trial, where the service filed the message by another rule: that folder is as INBOX)
gone          it is in no folder any more
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from triage.core.office import Role
from triage.mailbox.naming import INBOX

_SENT_AWAY = {Role.WEBFORM.value, Role.AUTOMATED.value}


class Outcome(StrEnum):
    """What people made of a decision; see above."""

    AGREED = "agreed"
    DIFFERED = "differed"
    WAITING = "waiting"
    ELSEWHERE = "elsewhere"
    GONE = "gone"


class Harm(IntEnum):
    """How bad a difference would have been, worst first."""

    URGENT_SENT_AWAY = 1
    SENT_AWAY = 2
    URGENT_DELAYED = 3
    OTHER_UNIT = 4
    PERSONS_TIME = 5

    @property
    def sentence(self) -> str:
        """For people."""
        return _SENTENCES[self]


_SENTENCES = {
    Harm.URGENT_SENT_AWAY: "would have been redirected or set aside; people held it to be urgent",
    Harm.SENT_AWAY: "would have been redirected or set aside; people kept it",
    Harm.URGENT_DELAYED: "people held it to be urgent; the service would not have",
    Harm.OTHER_UNIT: "people put it before others",
    Harm.PERSONS_TIME: "would have been put before a person; people sent it away",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One decision beside what became of its message; names it by its reference only."""

    reference: str
    rule: str
    label: str  # or "unsure", or "none"
    would: str  # folder that the service chose
    stands: str  # folder where it stands; "" where it is gone
    flagged: bool
    answered: bool
    outcome: Outcome
    trial: bool = False  # by a rule on trial, which another rule decided in place of
    harm: Harm | None = None  # of what differed


def judge(
    roles: Mapping[str, str], would: str, stands: str, *, flagged: bool, answered: bool, filed: str = ""
) -> tuple[Outcome, Harm | None]:
    """Compare; `roles` gives the role of each folder that the service uses, by its name.

    `filed` is where the service itself put the message, by another rule: to stand there says no more than INBOX does.
    """
    if not stands:
        return Outcome.GONE, None
    if stands == would:
        return Outcome.AGREED, None
    away = roles.get(would) in _SENT_AWAY
    untouched = stands in {INBOX, filed}
    role = None if untouched else roles.get(stands)
    if role is not None:
        return Outcome.DIFFERED, _harm(away=away, role=role, flagged=flagged)
    if away and (flagged or answered):
        return Outcome.DIFFERED, Harm.URGENT_SENT_AWAY if flagged else Harm.SENT_AWAY
    return (Outcome.WAITING if untouched and not (flagged or answered) else Outcome.ELSEWHERE), None


def counts(compared: Iterable[Compared], by: Callable[[Compared], str]) -> Mapping[str, Counter[Outcome]]:
    """How often each outcome came, by label, folder or rule."""
    found: dict[str, Counter[Outcome]] = {}
    for one in compared:
        found.setdefault(by(one), Counter())[one.outcome] += 1
    return dict(sorted(found.items()))


def agreement(outcomes: Mapping[Outcome, int]) -> float | None:
    """Share of agreement among what can be compared; None where nothing can."""
    settled = outcomes.get(Outcome.AGREED, 0) + outcomes.get(Outcome.DIFFERED, 0)
    return outcomes.get(Outcome.AGREED, 0) / settled if settled else None


def disagreements(compared: Iterable[Compared]) -> list[Compared]:
    """What differed, worst first."""
    differed = [one for one in compared if one.harm is not None]
    return sorted(differed, key=lambda one: (one.harm or 0, one.reference))


def _harm(*, away: bool, role: str, flagged: bool) -> Harm:
    urgent = role == Role.URGENT.value or flagged
    if role in _SENT_AWAY:
        return Harm.SENT_AWAY if away and flagged else Harm.OTHER_UNIT if away else Harm.PERSONS_TIME
    if away:
        return Harm.URGENT_SENT_AWAY if urgent else Harm.SENT_AWAY
    return Harm.URGENT_DELAYED if role == Role.URGENT.value else Harm.OTHER_UNIT
