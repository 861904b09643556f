"""Reconciles over all offices: one session each, one office's failure costs no other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime

from triage.core.office import Mode
from triage.effects.filing import Desk
from triage.errors import TriageError
from triage.ledger.database import Database
from triage.mailbox.connection import Mailbox
from triage.ownership import Beating, SoleOwner, Tenure, ownership_of
from triage.parts import account_of
from triage.reconciling import Finding, Scope, reconcile
from triage.settings import OfficeSettings, Settings


def reconcile_all(
    database: Database,
    settings: Settings,
    offices: Sequence[OfficeSettings],
    *,
    since: datetime | None,
    repair: bool,
    clock: Callable[[], datetime],
) -> tuple[dict[str, list[Finding]], list[str]]:
    """By office in live mode what was found; and sentences about offices that could not be reconciled."""
    found: dict[str, list[Finding]] = {}
    failures: list[str] = []
    live = [office for office in offices if office.mode is Mode.LIVE]
    # Who only looks needs no right to, and so is as the only process.
    looking = SoleOwner(database, [office.id for office in live]).beat(())
    with _tenures(database, live) if repair else nullcontext(looking) as tenures:
        for office in live:
            if tenure := tenures.get(office.id):
                try:
                    found[office.id] = _reconcile(tenure, settings, office, Scope(since=since), repair, clock)
                except TriageError as error:
                    failures.append(str(error))
            else:
                failures.append(f"office '{office.id}' is another triage process's, which reconciles it by itself")
    return found, failures


@contextmanager
def _tenures(database: Database, offices: Sequence[OfficeSettings]) -> Iterator[Mapping[str, Tenure]]:
    """Those offices that no service works for at this moment. Raises LedgerInUse where a service owns the ledger."""
    ownership = ownership_of(database, [office.id for office in offices], guest=True)
    with ownership.owned(), Beating(ownership) as tenures:
        yield tenures


def _reconcile(
    tenure: Tenure,
    settings: Settings,
    office: OfficeSettings,
    scope: Scope,
    repair: bool,
    clock: Callable[[], datetime],
) -> list[Finding]:
    with Mailbox.connect(account_of(office), still=tenure.still) as mailbox:
        limit = settings.watch.message_limit
        desk = Desk(mailbox=mailbox, database=tenure.database, office=office.id, message_limit=limit, clock=clock)
        return reconcile(desk, office.profile(), scope, repair=repair)
