"""Triage of files and records, without mailbox or ledger: what `explain` and `classify` run on."""

import json
import mailbox
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from classifiers.opinions import Advice
from triage.attachments.reader import AttachmentReader
from triage.core import mime
from triage.core.classification import Classifier
from triage.core.labels import UNSURE, Label
from triage.core.message import Language, Message
from triage.core.office import Office, WorkingHours
from triage.core.policy.loading import Rulebook
from triage.pipeline import Reading, Setup, classify, examine, open_attachments
from triage.settings import FOLDER_NAMES, HoursSettings, Settings

BATCH = 64
# Without a model every message is unsure, and all labels are equally likely.
NO_IDEA = {label: 1 / len(Label) for label in Label}


def no_office() -> Office:
    """An office for messages of no particular office: UTC, both languages, nobody's authentication results."""
    hours = HoursSettings()
    return Office(
        id="example",
        names={"en": "Example", "fr": "Exemple"},
        address="manager@visa-office.example",
        zone=ZoneInfo("UTC"),
        languages=(Language.ENGLISH, Language.FRENCH),
        hours=WorkingHours(days=frozenset(range(5)), opens=hours.opens, closes=hours.closes),
        folders=dict(FOLDER_NAMES["en"]),
        units={},
        contacts={},
        webform_url="https://webform.example/enquiry",
    )


def setup_for(settings: Settings | None, office_id: str | None, book: Rulebook) -> Setup:
    """Decide as an office would; as none in particular where there are no settings. Raises ConfigurationError."""
    if settings is None:
        return Setup(office=no_office(), own_addresses=frozenset(), rule_set=book.default)
    office = settings.office(office_id) if office_id else settings.offices[0]
    return Setup(office=office.profile(), own_addresses=settings.own_addresses(), rule_set=book.for_office(office.id))


def classify_records(
    lines: Iterable[str], setup: Setup, classifier: Classifier | None, advice: Advice | None = None
) -> Iterator[Mapping[str, Any]]:
    """One result for each line of JSON, in order, come what may: a broken line is unsure and names its defect."""
    messages = ((*_from_line(number, line), b"") for number, line in enumerate(lines, 1) if line.strip())
    yield from _results(messages, setup, classifier, advice)


def classify_files(
    paths: Iterable[Path], setup: Setup, classifier: Classifier | None, advice: Advice | None = None
) -> Iterator[Mapping[str, Any]]:
    """One result for each message of the paths: .eml files, folders of them, Maildirs, mboxes."""
    opens = setup.office.read_attachments
    messages = ((name, mime.read_message(raw), raw if opens else b"") for name, raw in messages_in(paths))
    yield from _results(messages, setup, classifier, advice)


def messages_in(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of all messages in the paths; "-" is standard input. Unreadable files give no bytes."""
    for path in paths:
        if str(path) == "-":
            yield "-", sys.stdin.buffer.read()
        elif path.is_dir() and {"cur", "new"} <= {child.name for child in path.iterdir() if child.is_dir()}:
            for folder in ("new", "cur"):
                yield from ((str(file), _bytes(file)) for file in sorted((path / folder).iterdir()) if file.is_file())
        elif path.is_dir():
            yield from ((str(file), _bytes(file)) for file in sorted(path.rglob("*.eml")) if file.is_file())
        elif _is_mbox(path):
            box = mailbox.mbox(path, create=False)
            try:
                for key in box.keys():  # noqa: SIM118 - an mbox is no dict: iterating gives messages
                    yield f"{path}#{key}", box.get_bytes(key)
            finally:
                box.close()
        else:
            yield str(path), _bytes(path)


def _results(
    messages: Iterable[tuple[str, Message, bytes]], setup: Setup, classifier: Classifier | None, advice: Advice | None
) -> Iterator[Mapping[str, Any]]:
    waiting = iter(messages)
    while batch := list(islice(waiting, BATCH)):
        readings = [examine(message, setup.office, setup.own_addresses) for _, message, _ in batch]
        if setup.office.read_attachments:
            with closing(AttachmentReader()) as opener:
                raws = [raw for _, _, raw in batch]
                readings = open_attachments(raws, readings, setup.office, setup.own_addresses, opener)
        for (name, _, _), reading in zip(batch, classify(readings, classifier, advice), strict=True):
            yield _record(name, reading)


def _record(name: str, reading: Reading) -> Mapping[str, Any]:
    message, answer = reading.message, reading.classification
    probabilities = answer.probabilities if answer else NO_IDEA
    record: dict[str, Any] = {
        "id": name,
        "label": (answer.label if answer else Label.WEBFORM).value,
        "decision": str(answer.decision) if answer else UNSURE,
        "probabilities": {label.value: round(p, 5) for label, p in probabilities.items()},
        "facts": reading.facts.to_record(),
    }
    if answer and answer.why_unsure:
        record["why_unsure"] = answer.why_unsure
    if reading.screening.kind:
        record["machine"] = reading.screening.kind.value
    defects = [*message.defects, *([reading.trouble] if reading.trouble else [])]
    if defects:
        record["defects"] = defects
    return record


def _from_line(number: int, line: str) -> tuple[str, Message]:
    name = f"line {number}"
    try:
        record = json.loads(line)
        if not isinstance(record, dict):
            raise TypeError("expected a JSON object")
        name = str(record.get("id", name))
        return name, _message(record)
    except (ValueError, TypeError, RecursionError) as error:
        defects = (f"{name}: {error}",)
        return name, Message(digest="", size=len(line), message_id=None, unparseable=True, defects=defects)


def _message(record: Mapping[str, Any]) -> Message:
    texts = {key: record.get(key) for key in ("subject", "body", "from_addr", "from_name", "to", "date")}
    for key, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"'{key}' must be text")
    date = texts.pop("date")
    return mime.message_from_fields(
        subject=texts["subject"] or "",
        body=texts["body"] or "",
        from_addr=texts["from_addr"],
        from_name=texts["from_name"],
        to=texts["to"],
        date=_date(date) if date else None,
    )


def _date(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=ZoneInfo("UTC"))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _is_mbox(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError:
        return False
