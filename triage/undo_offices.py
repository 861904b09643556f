"""Undoes over all offices: one session each, one office's failure costs no other; and drafts of corrections."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from triage.core import mime
from triage.core.located_yaml import Problem
from triage.core.message import Language
from triage.core.replies.addressing import recipient_of
from triage.core.replies.correcting import TEMPLATE, compose_correction
from triage.errors import ConfigurationError, TriageError
from triage.ledger import reversals
from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.reversals import Filed, Selection
from triage.mailbox.connection import Mailbox
from triage.mailbox.locating import header, locate
from triage.mailbox.naming import INBOX
from triage.parts import account_of, utc_now
from triage.rules_folder import read_rules
from triage.settings import OfficeSettings, Settings
from triage.undoing import Fate, Found, Undone, look, sought, undo

Plans = dict[str, tuple[Found, ...]]
_LANGUAGES = {"en": (Language.ENGLISH,), "fr": (Language.FRENCH,)}


def look_all(
    database: Database, settings: Settings, offices: Sequence[OfficeSettings], selection: Selection
) -> tuple[Plans, list[str]]:
    """What would be undone, by office, and sentences about offices that could not be looked at."""
    limit = settings.watch.message_limit
    return _each(
        database, offices, selection, lambda mailbox, filings: Undone(found=tuple(look(mailbox, filings, limit=limit)))
    )


def undo_all(
    database: Database, settings: Settings, offices: Sequence[OfficeSettings], selection: Selection
) -> tuple[Plans, list[str]]:
    """Undo, by office; and sentences about what could not be. Raises LedgerInUse while another run does."""
    limit = settings.watch.message_limit
    with database.undoing():
        return _each(
            database,
            offices,
            selection,
            lambda mailbox, filings: undo(mailbox, database, filings, limit=limit, clock=utc_now),
        )


def anything(plans: Plans) -> bool:
    """Whether there is something to undo."""
    return any(one.fate is Fate.BACK for found in plans.values() for one in found)


def summary(plans: Plans) -> str:
    """What was done, in a line."""
    fates = Counter(one.fate for found in plans.values() for one in found)
    left = fates[Fate.TOUCHED] + fates[Fate.GONE] + fates[Fate.BEING_FILED]
    moved = fates[Fate.BACK]
    return f"{moved} message{'s' if moved != 1 else ''} moved back to INBOX; {left} left where they are"


def write_corrections(
    database: Database, settings: Settings, offices: Sequence[OfficeSettings], selection: Selection, folder: Path
) -> list[Path]:
    """Write a draft for each reply that went out to a message now undone and still in INBOX; the files written.

    Nothing is sent. A draft that is there already, which somebody may have worked on, is left. Raises
    ConfigurationError where the rules folder has no such template.
    """
    templates = read_rules(settings).default.templates
    if TEMPLATE not in templates.names():
        raise ConfigurationError(
            [Problem(file=str(settings.rules), message=f"templates/{TEMPLATE}.en.txt and .fr.txt are missing")]
        )
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for office in offices:
        filings = [
            one
            for one in reversals.filings(database, office.id, selection)
            if one.state is EffectState.UNDONE and any(mail.kind == "reply" and mail.out for mail in one.mail)
        ]
        if not filings:
            continue
        profile = office.profile()
        with Mailbox.connect(account_of(office)) as mailbox:
            for one, head in _headers(mailbox, filings, settings.watch.message_limit):
                message = mime.read_message(head)
                path = folder / f"{one.reference}.eml"
                recipient = recipient_of(message)
                if recipient is None or path.exists():
                    continue
                reply = next(mail for mail in one.mail if mail.kind == "reply")
                languages = _LANGUAGES.get(reply.language, profile.languages)
                path.write_bytes(
                    compose_correction(
                        message, profile, templates, recipient=recipient, reference=one.reference, languages=languages
                    )
                )
                written.append(path)
    return written


def _headers(mailbox: Mailbox, filings: Sequence[Filed], limit: int) -> list[tuple[Filed, bytes]]:
    mailbox.open(INBOX, readonly=True)
    places = locate(mailbox, [sought(one) for one in filings], limit=limit, sure=True)
    return [(one, header(mailbox, places[one.row].uid)) for one in filings if one.row in places]


def _each(
    database: Database,
    offices: Sequence[OfficeSettings],
    selection: Selection,
    do: Callable[[Mailbox, Sequence[Filed]], Undone],
) -> tuple[Plans, list[str]]:
    plans: Plans = {}
    failures: list[str] = []
    for office in offices:
        filings = reversals.filings(database, office.id, selection)
        if not filings:
            continue
        try:
            with Mailbox.connect(account_of(office)) as mailbox:
                done = do(mailbox, filings)
        except TriageError as error:
            failures.append(str(error))
        else:
            plans[office.id] = done.found
            failures += done.failures
    return plans, failures
