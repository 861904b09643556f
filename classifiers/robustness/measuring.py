"""How many answers stay the same when a message is perturbed, by a model that has seen nothing of its author."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from classifiers.corpus_files import Labelled, question_about
from classifiers.robustness.mail import Mail, Perturbation, mail_of, perturbed, raw
from classifiers.training import train
from triage.core import mime, screening
from triage.core.classification import Classification, Classifier, Question
from triage.core.labels import UNSURE, Label

HANDS = 3  # into which the authors left are put together: calibration takes a fit for each


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Some authors' messages, and what a model of the other authors answers about them as they stand."""

    records: Sequence[Labelled]
    classifier: Classifier
    questions: Sequence[Question]
    answers: Sequence[Classification]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One message before and after."""

    id: str
    truly: Label
    words_kept: bool  # the sender's words were read as they were before
    changed: bool  # whether the perturbation found anything to change
    before: Classification
    after: Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How well answers held over some messages; shares are of the messages that were changed at all."""

    messages: int
    same_label: float  # of the best of four
    same_decision: float  # and of unsure
    words_kept: float
    became_urgent: float  # decided urgent now and not before
    no_longer_caught: float  # urgent or unsure before, and neither now; of the truly urgent ones
    urgent_shift: float  # mean change of the probability of "urgent"
    moved: tuple[str, ...]  # ids of the messages whose decision changed


def question_of(mail: Mail) -> Question | None:
    """What the service would ask about a mail, all of it read from its bytes; None where it takes it for a machine's.

    The office's own settings play no part: UTC and both languages, as in training.
    """
    message = mime.read_message(raw(mail))
    if message.unparseable or screening.screen(message, own_addresses=frozenset({mail.to})).kind:
        return None
    return question_about(message)


def trained_without(records: Sequence[Labelled], authors: Iterable[str]) -> Classifier:
    """Train on all other authors."""
    others = sorted({record.author for record in records} - set(authors))
    hands = {author: f"hands {number % HANDS}" for number, author in enumerate(others)}
    return train([replace(one, author=hands[one.author]) for one in records if one.author in hands]).classifier


def hold_out(records: Sequence[Labelled], authors: Iterable[str]) -> HeldOut:
    """Train on all other authors, and ask about the messages of these as they stand."""
    held = frozenset(authors)
    return asked([record for record in records if record.author in held], trained_without(records, held))


def asked(records: Sequence[Labelled], classifier: Classifier) -> HeldOut:
    """Ask about messages as they stand. Raises ValueError where one of them is taken for a machine's."""
    questions = [question_of(mail_of(record)) for record in records]
    if missing := [record.id for record, one in zip(records, questions, strict=True) if one is None]:
        raise ValueError(f"taken for machine mail: {', '.join(missing)}")
    found = [one for one in questions if one is not None]
    return HeldOut(records=records, classifier=classifier, questions=found, answers=classifier.classify(found))


def changes(held: HeldOut, perturbation: Perturbation) -> list[Change]:
    """Perturb each message and ask again. A mail that is now taken for a machine's counts as unsure of everything."""
    mails = [mail_of(record) for record in held.records]
    perturbed_mails = [perturbed(mail, perturbation) for mail in mails]
    questions = [
        question if new == mail else question_of(new)
        for mail, new, question in zip(mails, perturbed_mails, held.questions, strict=True)
    ]
    answers = iter(held.classifier.classify([question for question in questions if question]))
    return [
        Change(
            id=record.id,
            truly=record.label,
            words_kept=now is not None and now.newest.split() == question.newest.split(),
            changed=new != mail,
            before=before,
            after=next(answers) if now else replace(before, decision=UNSURE),
        )
        for record, mail, new, question, now, before in zip(
            held.records, mails, perturbed_mails, held.questions, questions, held.answers, strict=True
        )
    ]


def held(found: Iterable[Change]) -> Held:
    """Sum up."""
    changed = [one for one in found if one.changed]
    caught = [one for one in changed if one.truly is Label.URGENT and one.before.decision in {Label.URGENT, UNSURE}]
    urgent = Label.URGENT
    return Held(
        messages=len(changed),
        same_label=_share(changed, lambda one: one.before.label is one.after.label),
        same_decision=_share(changed, lambda one: one.before.decision == one.after.decision),
        words_kept=_share(changed, lambda one: one.words_kept),
        became_urgent=_share(changed, lambda one: one.after.decision is urgent is not one.before.decision),
        no_longer_caught=_share(caught, lambda one: one.after.decision not in {urgent, UNSURE}),
        urgent_shift=sum(one.after.probabilities[urgent] - one.before.probabilities[urgent] for one in changed)
        / (len(changed) or 1),
        moved=tuple(one.id for one in changed if one.before.decision != one.after.decision),
    )


def _share(changes_: Sequence[Change], test: Callable[[Change], bool]) -> float:
    return sum(map(test, changes_)) / len(changes_) if changes_ else 0.0
