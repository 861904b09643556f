"""What shadow mode would have done beside what people did: looks into the mailboxes read-only (EXAMINE)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.core.office import Role
from triage.ledger.database import Database
from triage.ledger.shadowed import Shadowed, shadow_decisions, trial_decisions
from triage.mailbox.connection import Mailbox
from triage.mailbox.locating import Sought, Standing, locate
from triage.mailbox.naming import INBOX
from triage.parts import account_of
from triage.reports.agreement import Compared, Harm, Outcome, agreement, counts, disagreements, judge
from triage.settings import OfficeSettings, Settings

_BY: Mapping[str, Callable[[Compared], str]] = {
    "label": lambda one: one.label,
    "folder": lambda one: one.would,
    "rule": lambda one: one.rule,
}
_LISTED = 50


def compare_office(
    database: Database, settings: Settings, office: OfficeSettings, *, since: datetime
) -> list[Compared]:
    """Each decision of the office in shadow mode, or of a rule on trial, beside where its message stands now.

    Raises MailboxUnavailable, MailboxRefused, LoginRefused.
    """
    decided = [
        *shadow_decisions(database, office.id, since=since),
        *trial_decisions(database, office.id, since=since),
    ]
    if not decided:
        return []
    names = office.folder_names()
    roles = {folder: role for role, folder in reversed(list(names.items())) if role != Role.SENT.value}
    with Mailbox.connect(account_of(office)) as mailbox:
        each = list({one.row: one for one in decided}.values())
        places = _places(mailbox, each, list(roles), names[Role.SENT.value], settings.watch.message_limit)
    return [_compared(one, places.get(one.row), roles) for one in decided]


def _places(
    mailbox: Mailbox, decided: Sequence[Shadowed], first: Sequence[str], sent: str, limit: int
) -> Mapping[int, tuple[str, Standing]]:
    """By row: folder and standing. INBOX by UID first, then the service's folders, then people's own."""
    present = [name for name in mailbox.folders() if name not in {INBOX, sent}]
    order = [INBOX, *sorted(present, key=lambda name: name not in first)]
    found: dict[int, tuple[str, Standing]] = {}
    for folder in order:
        rest = [one for one in decided if one.row not in found]
        if not rest:
            break
        opened = mailbox.open(folder, readonly=True)
        same = folder == INBOX and opened.uidvalidity
        sought = [_sought(one, by_uid=bool(same) and one.uidvalidity == opened.uidvalidity) for one in rest]
        for row, standing in locate(mailbox, sought, limit=limit, sure=False).items():
            if "\\DELETED" not in standing.flags:
                found[row] = (folder, standing)
    return found


def _sought(one: Shadowed, *, by_uid: bool) -> Sought:
    return Sought(
        row=one.row, message_id=one.rfc_message_id, size=one.size, digest=one.digest, uid=one.uid if by_uid else 0
    )


def _compared(one: Shadowed, place: tuple[str, Standing] | None, roles: Mapping[str, str]) -> Compared:
    stands, flags = (place[0], place[1].flags) if place else ("", frozenset[str]())
    flagged, answered = "\\FLAGGED" in flags and not one.flagged, "\\ANSWERED" in flags
    outcome, harm = judge(roles, one.folder, stands, flagged=flagged, answered=answered, filed=one.filed)
    return Compared(
        reference=one.reference,
        rule=one.rule,
        label=one.verdict,
        would=one.folder,
        stands=stands,
        flagged=flagged,
        answered=answered,
        outcome=outcome,
        trial=one.trial,
        harm=harm,
    )


def as_json(reports: Mapping[str, Sequence[Compared]]) -> Mapping[str, Any]:
    """By office: counts and agreement by label, folder and rule, and all disagreements, worst first; trials apart."""
    return {
        office: {
            **_told([one for one in compared if not one.trial]),
            "trials": _told([one for one in compared if one.trial]),
        }
        for office, compared in reports.items()
    }


def _told(compared: Sequence[Compared]) -> Mapping[str, Any]:
    return {
        "compared": len(compared),
        **{
            f"by_{name}": {
                key: {**{outcome.value: found[outcome] for outcome in Outcome}, "agreement": agreement(found)}
                for key, found in counts(compared, by).items()
            }
            for name, by in _BY.items()
        },
        "disagreements": [
            {**asdict(one), "harm": one.harm.name.lower().replace("_", "-"), "sentence": one.harm.sentence}
            for one in disagreements(compared)
            if one.harm
        ],
    }


def show(reports: Mapping[str, Sequence[Compared]], console: Console) -> None:
    """Print the counts of each office, and what differed, worst first."""
    for office, compared in reports.items():
        for trial, what in ((False, "in shadow"), (True, "that a rule on trial would have made")):
            some = [one for one in compared if one.trial is trial]
            if some:
                decisions = "1 decision" if len(some) == 1 else f"{len(some)} decisions"
                console.print(Text(f"\n{office}: {decisions} {what}", style="bold"))
                _show(some, console)


def _show(compared: Sequence[Compared], console: Console) -> None:
    for name, by in _BY.items():
        table = Table(box=None, header_style="bold")
        for column in (name, *(outcome.value for outcome in Outcome), "agreement"):
            table.add_column(column)
        for key, found in counts(compared, by).items():
            share = agreement(found)
            shown = "-" if share is None else f"{share:.0%}"
            table.add_row(Text(key), *(str(found[outcome]) for outcome in Outcome), shown)
        console.print(table)
    differed = disagreements(compared)
    for one in differed[:_LISTED]:
        assert one.harm
        words = f"{one.reference}: {one.harm.sentence} ({one.rule}: {one.would} → {one.stands})"
        console.print(Text(f"  {words}", style="red" if one.harm <= Harm.SENT_AWAY else ""))
    if len(differed) > _LISTED:
        console.print(f"  … and {len(differed) - _LISTED} more; --json lists all")
