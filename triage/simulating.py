"""Tries new rules on what was decided before, or on what stands in a folder, without doing anything."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from triage.core import screening
from triage.core.policy.case import Case
from triage.core.policy.deciding import reference, why_not_answer
from triage.core.policy.loading import FAIL_OPEN, Rulebook
from triage.core.policy.replay import Recorded, case_of, why_unanswerable
from triage.core.policy.simulation import OTHER_VERSION, Comparison, Past, Tally
from triage.ledger import archive, replaying
from triage.ledger.database import Database
from triage.mailbox.connection import Mailbox
from triage.mailbox.fetching import Batch, fetch
from triage.mailbox.room import Room
from triage.parts import account_of, utc_now
from triage.pipeline import case_for, with_batch
from triage.reading import Reader, ReadingProcesses
from triage.rules_folder import read_rules
from triage.settings import OfficeSettings, Settings
from triage.sweep import incoming_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Two versions of the rules."""

    old: Rulebook  # in force
    new: Rulebook

    @classmethod
    def read(cls, settings: Settings, folder: Path) -> Self:
        """Read those of the settings and those of `folder`. Raises ConfigurationError: either must be fit for use."""
        return cls(old=read_rules(settings), new=read_rules(settings.model_copy(update={"rules": folder})))

    def with_trials_enforced(self) -> Self:
        """The same, with every new rule that is on trial acting."""
        return replace(self, new=self.new.enforced())

    def reworded(self) -> list[str]:
        """Texts beside the rules, as templates are, that are not the same in both."""
        old, new = self.old.default.texts, self.new.default.texts
        names = {name for name in old.keys() | new.keys() if not name.endswith(".yaml")}
        return sorted(name for name in names if old.get(name) != new.get(name))

    def compared(self, offices: Sequence[OfficeSettings]) -> Mapping[str, Comparison]:
        """By office: its rules of both versions."""
        return {one.id: Comparison(self.old.for_office(one.id), self.new.for_office(one.id)) for one in offices}


def progress_bar() -> Progress:
    """How far it is, on standard error, where somebody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def simulate_recorded(
    database: Database,
    versions: Versions,
    offices: Sequence[OfficeSettings],
    *,
    since: datetime | None,
    progress: Progress,
) -> Tally:
    """Decide again what the ledger has of `offices`. Raises LedgerUnavailable."""
    tally, compared = Tally(), versions.compared(offices)
    profiles = {office.id: office.profile() for office in offices}
    total = replaying.recorded_count(database, list(profiles), since)
    task = progress.add_task("deciding again what is recorded", total=total)
    for part in replaying.recorded(database, list(profiles), since):
        for one in part:
            if one.rule == FAIL_OPEN:
                tally.undecided += 1
                continue
            try:
                past = _past(one, case_of(one, profiles[one.office]), versions)
            except (ValueError, KeyError, TypeError):
                tally.cannot_tell(one.office, one.reference, OTHER_VERSION)
                continue
            tally.add(past, compared[one.office].compare(past))
        progress.advance(task, len(part))
    return tally


def simulate_folder(
    settings: Settings,
    database: Database,
    versions: Versions,
    offices: Sequence[OfficeSettings],
    *,
    folder: str,
    progress: Progress,
) -> Tally:
    """Read what stands in a folder of each office, with the model, and decide it by both versions.

    The folder is opened read-only (EXAMINE): nothing is moved, marked or noted. Raises what the mailbox, the ledger and
    the model raise.
    """
    tally, compared, salt = Tally(), versions.compared(offices), database.salt()
    with closing(ReadingProcesses.of(settings)) as reader:
        for office in offices:
            with Mailbox.connect(account_of(office)) as mailbox:
                mailbox.open(folder, readonly=True)
                uids = mailbox.waiting()
                task = progress.add_task(f"reading {folder} of {office.id}", total=len(uids))
                room = Room(settings.watch.message_limit)
                for batch in fetch(mailbox, uids, limit=settings.watch.message_limit, room=room):
                    for past in _pasts(batch, settings, office, reader, database, salt):
                        if past:
                            tally.add(past, compared[office.id].compare(past))
                        else:
                            tally.undecided += 1
                    progress.advance(task, len(batch.arrivals) + len(batch.missing))
                    room.give(batch.held)
    return tally


def _past(recorded: Recorded, case: Case, versions: Versions) -> Past:
    return Past(
        case=case,
        reference=recorded.reference,
        unanswerable=why_unanswerable(recorded),
        rule=recorded.rule if recorded.rule_set == versions.old.for_office(recorded.office).digest else "",
    )


def _pasts(
    batch: Batch, settings: Settings, office: OfficeSettings, reader: Reader, database: Database, salt: bytes
) -> Iterator[Past | None]:
    """Give each message as the daemon would see it now; None where reading it failed, so that no rule decides."""
    profile, now = office.profile(), utc_now()
    incoming = incoming_of(batch)
    readings = reader.begin(incoming, profile, settings.own_addresses())()
    asked = [(reading.message, screening.refers_to(reading.message)) for reading in readings]
    histories = with_batch(archive.histories(database, office.id, asked, salt=salt, now=now), readings, now)
    for one, reading, history in zip(incoming, readings, histories, strict=True):
        if reading.trouble:
            yield None
            continue
        # A folder is no day: what was answered today is not counted again.
        case = case_for(one, reading, replace(history, replies_today=0), profile, now)
        number = reference(profile.id, reading.message.digest)
        yield Past(case=case, reference=number, unanswerable=why_not_answer(case))
