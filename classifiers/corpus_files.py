"""Reads labelled messages: one JSON object a line, by the labelling guide."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from triage.core import facts, mime
from triage.core.classification import Question, question
from triage.core.labels import Label
from triage.core.located_yaml import Problem
from triage.core.message import Language, Message
from triage.errors import ConfigurationError

CORPUS = Path(__file__).parent / "corpus"


# What a record need not say to be measured; the figures by it are then by "".
OPTIONAL = ("author", "lang", "hard", "date", "from_name", "from_addr", "to")
MOST_TOLD = 20  # bad lines that are named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled message, whosever; the fields are those of its JSON record, those of OPTIONAL empty if not said."""

    id: str
    author: str  # the hand it was written by: no split mixes one
    lang: str
    label: Label
    hard: bool | None
    date: datetime | None
    from_name: str
    from_addr: str
    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled(Example):
    """One labelled message of the corpus: nothing is left out, and the facts are labelled too."""

    deadline: date | None
    date: datetime
    hard: bool
    prior_enquiry: bool
    is_rep: bool
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


def read_examples(files: Sequence[Path]) -> tuple[list[Example], Mapping[str, int]]:
    """Read anybody's labelled messages, and count for each field of OPTIONAL in how many it is missing.

    Raises ConfigurationError naming file and line of all that cannot be read as a labelled message.
    """
    found, missing, problems = [], Counter[str](), []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError([Problem(file=str(file), message=f"cannot be read: {error}")]) from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                found.append(example_of(record))
                missing.update(key for key in OPTIONAL if record.get(key) is None)
            except (ValueError, TypeError, RecursionError) as error:
                problems.append(Problem(file=str(file), line=number, message=f"not a labelled message: {error}"))
    if not found and not problems:
        names = ", ".join(map(str, files))
        problems.append(Problem(file=names, message="no messages: expected one JSON object a line"))
    if problems:
        more = len(problems) - MOST_TOLD
        told = problems[:MOST_TOLD]
        raise ConfigurationError([*told, *([Problem(file="…", message=f"and {more} lines more")] if more > 0 else [])])
    return found, dict(missing)


def example_of(record: Any) -> Example:
    """Take one record. Raises ValueError or TypeError saying what is wrong with it."""
    if not isinstance(record, dict):
        raise TypeError("expected a JSON object")
    if lacking := [key for key in ("id", "label", "subject", "body") if record.get(key) is None]:
        raise ValueError(f"{', '.join(lacking)} missing")
    texts = {key: record.get(key) or "" for key in ("id", "subject", "body", *OPTIONAL) if key not in {"hard", "date"}}
    if wrong := [key for key, value in texts.items() if not isinstance(value, str)]:
        raise TypeError(f"{', '.join(wrong)} must be text")
    if record["label"] not in list(Label):
        raise ValueError(f"the label {record['label']!r} is none of {', '.join(Label)}")
    hard, when = record.get("hard"), record.get("date")
    if not (hard is None or isinstance(hard, bool)) or not (when is None or isinstance(when, str)):
        raise TypeError("'hard' must be true or false, and 'date' text")
    at = datetime.fromisoformat(when) if when else None
    if at and not at.tzinfo:
        at = at.replace(tzinfo=ZoneInfo("UTC"))
    # JSON may hold half a surrogate pair, which cannot be printed.
    texts |= {key: texts[key].encode("utf-8", "replace").decode() for key in ("id", "author", "lang")}
    return Example(label=Label(record["label"]), hard=hard, date=at, **texts)


def corpus_digest(records: Iterable[Labelled]) -> str:
    """SHA-256 over what a model learns from: ids, labels and words."""
    digest = sha256()
    for record in records:
        digest.update(f"{record.id}\0{record.label}\0{record.date}\0{record.subject}\0{record.body}\0".encode())
    return digest.hexdigest()


def questions_of(records: Sequence[Example]) -> list[Question]:
    """What the classifier would be asked about each record: the service's own parsing and facts."""
    return [question_about(message_of(record)) for record in records]


def message_of(record: Example) -> Message:
    """Give a labelled message as the service reads it."""
    return mime.message_from_fields(
        subject=record.subject,
        body=record.body,
        from_addr=record.from_addr,
        from_name=record.from_name,
        to=record.to,
        date=record.date,
    )


def question_about(message: Message) -> Question:
    """What the classifier would be asked, at no office in particular: UTC, and both languages."""
    gathered = facts.gather(
        message, zone=ZoneInfo("UTC"), languages=(Language.ENGLISH, Language.FRENCH), authserv_id=None
    )
    return question(message, gathered)
