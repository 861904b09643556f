"""The same messages written in English, in French, and in English again: whether language moves an answer.

Written by hand; the second English rendering tells how far mere wording moves it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from classifiers.corpus_files import CORPUS
from classifiers.robustness.mail import Mail
from classifiers.robustness.measuring import question_of
from triage.core.classification import Classification, Classifier
from triage.core.labels import Label

PAIRS = CORPUS / "pairs" / "en-fr.jsonl"  # not among the training files, which stand one folder higher


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One message in two languages."""

    label: Label
    english: Mail
    french: Mail
    again: Mail | None  # the same in other English words


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two renderings of a message are answered alike."""

    pairs: int
    same_label: int
    same_decision: int
    right: tuple[int, int]  # best labels that are the true one, of the first and of the second rendering
    urgent_apart: float  # mean absolute difference of the probabilities of "urgent"


def read_pairs(file: Path = PAIRS) -> list[Pair]:
    """Read the pairs as mail of their senders."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        label = Label(record["label"])
        english, french = _mail(record, "en", "en"), _mail(record, "fr", "fr")
        again = _mail(record, "again", "en") if record["again"] else None
        found.append(Pair(label=label, english=english, french=french, again=again))
    return found


def languages(pairs: Iterable[Pair], classifier: Classifier) -> Agreement:
    """English against French."""
    return _compared([(pair.label, pair.english, pair.french) for pair in pairs], classifier)


def wordings(pairs: Iterable[Pair], classifier: Classifier) -> Agreement:
    """English against other English words: the noise that languages are compared with."""
    return _compared([(pair.label, pair.english, pair.again) for pair in pairs if pair.again], classifier)


def _mail(record: dict[str, object], rendering: str, lang: str) -> Mail:
    words = record[rendering]
    assert isinstance(words, dict)
    return Mail(
        id=f"{record['id']}-{rendering}",
        lang=lang,
        subject=words["subject"],
        text=words["body"],
        from_name=str(record["from_name"]),
        from_addr=str(record["from_addr"]),
        to="dakar-manager@visa-office.example",
        date=datetime.fromisoformat(str(record["date"])),
    )


def _compared(renderings: Sequence[tuple[Label, Mail, Mail]], classifier: Classifier) -> Agreement:
    labels = [label for label, _, _ in renderings]
    first = _answers([one for _, one, _ in renderings], classifier)
    second = _answers([other for _, _, other in renderings], classifier)
    both = list(zip(first, second, strict=True))
    urgent = Label.URGENT
    return Agreement(
        pairs=len(both),
        same_label=sum(one.label is other.label for one, other in both),
        same_decision=sum(one.decision == other.decision for one, other in both),
        right=(_right(labels, first), _right(labels, second)),
        urgent_apart=sum(abs(one.probabilities[urgent] - other.probabilities[urgent]) for one, other in both)
        / len(both),
    )


def _right(labels: Sequence[Label], answers: Sequence[Classification]) -> int:
    return sum(answer.label is label for label, answer in zip(labels, answers, strict=True))


def _answers(mails: Sequence[Mail], classifier: Classifier) -> list[Classification]:
    return classifier.classify([question for mail in mails if (question := question_of(mail))])
