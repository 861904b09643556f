"""Reads labelled messages: one JSON object a line, by the labelling guide."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from triage.core import facts, mime
from triage.core.classification import Question
from triage.core.labels import Label
from triage.core.message import Language

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One labelled message; the fields are those of its JSON record."""

    id: str
    author: str  # the hand it was written by: no split mixes one
    lang: str
    label: Label
    hard: bool
    prior_enquiry: bool
    is_rep: bool
    deadline: date | None
    date: datetime
    from_name: str
    from_addr: str
    to: str
    subject: str
    body: str
    why: str


def read_corpus(folder: Path = CORPUS) -> list[Labelled]:
    """All records of the folder's *.jsonl, in the order of file names and lines.

    Raises ValueError naming file and line of a record that is not as it should be.
    """
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                record = json.loads(line)
                record["label"] = Label(record["label"])
                record["date"] = datetime.fromisoformat(record["date"])
                record["deadline"] = date.fromisoformat(record["deadline"]) if record["deadline"] else None
                found.append(Labelled(**record))
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"{file.name}:{number}: not a corpus record: {error}") from error
    return found


def corpus_digest(records: Iterable[Labelled]) -> str:
    """SHA-256 over what a model learns from: ids, labels and words."""
    digest = sha256()
    for record in records:
        digest.update(f"{record.id}\0{record.label}\0{record.date}\0{record.subject}\0{record.body}\0".encode())
    return digest.hexdigest()


def questions_of(records: Sequence[Labelled]) -> list[Question]:
    """What the classifier would be asked about each record: the service's own parsing and facts."""
    found = []
    for record in records:
        message = mime.message_from_fields(
            subject=record.subject,
            body=record.body,
            from_addr=record.from_addr,
            from_name=record.from_name,
            to=record.to,
            date=record.date,
        )
        gathered = facts.gather(
            message, zone=ZoneInfo("UTC"), languages=(Language.ENGLISH, Language.FRENCH), authserv_id=None
        )
        body = message.body
        found.append(Question(subject=message.subject, newest=body.newest, forwarded=body.forwarded, facts=gathered))
    return found
