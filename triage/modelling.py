"""Trains, measures, compares and promotes models, for the command line; what is printed stands in model_report.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import artifact, evaluation, figures, registry
from classifiers.budget import LABELS, Budget, Probabilities
from classifiers.corpus_files import CORPUS, Example, questions_of, read_corpus, read_examples
from classifiers.evaluation import Change, Decision
from classifiers.linear import LinearClassifier, decide
from classifiers.training import Trained, train
from triage.core.labels import UNSURE
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError, ModelUnusable
from triage.settings import SHIPPED_MODEL

# Nothing is trained or tuned on these.
FROZEN = CORPUS / "frozen"
# Fewer messages or hands than this say nothing about messages by anybody else.
FEWEST_MESSAGES, FEWEST_AUTHORS = 40, 2
# A model that is worse by more than this is not put into service unasked: less is within what one author's habits do.
MOST_LOST = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one model says of labelled messages."""

    classifier: LinearClassifier
    made_from: frozenset[str]  # authors
    probabilities: Probabilities
    decisions: Sequence[Decision]
    unread: Sequence[bool]  # left unsure whatever the limits: no text, or an attachment that was not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """How good one model's answers are."""

    version: str
    measures: Mapping[str, Any]
    prices: Sequence[Mapping[str, Any]]  # by alpha
    budget: Budget
    over_budget: Sequence[str]  # sentences; none where both promises are kept
    missing: Mapping[str, int]  # field that records lack → in how many
    seen: Sequence[str]  # authors of these messages that the model was made from


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two models' answers to the same messages."""

    before: Evaluated
    after: Evaluated
    only_before: int  # best label right only there
    only_after: int
    p: float  # McNemar's, exact
    changes: Sequence[Change]  # of decisions; worst first


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What became of a promotion."""

    version: str
    before: str  # what was in service; empty if nothing was
    against: Sequence[str]  # what speaks against it, as sentences
    done: bool


def train_and_save(
    corpus: Path | None, out: Path | None, *, progress: Callable[[str], None]
) -> tuple[Mapping[str, Any], str]:
    """Train, measure on authors held back, and save; gives the card and a sentence about what is in service now.

    Raises ConfigurationError for a bad corpus, ModelUnusable where the model cannot be written.
    """
    folder = corpus or CORPUS
    try:
        records = read_corpus(folder)
    except (ValueError, OSError) as error:
        raise ConfigurationError([Problem(file=str(folder), message=str(error))]) from error
    authors = {record.author for record in records}
    if len(records) < FEWEST_MESSAGES or len(authors) < FEWEST_AUTHORS:
        message = (
            f"{len(records)} messages by {len(authors)} authors; expected at least {FEWEST_MESSAGES} by "
            f"{FEWEST_AUTHORS} in *.jsonl, see classifiers/corpus/README.md"
        )
        raise ConfigurationError([Problem(file=str(folder), message=message)])
    for label in LABELS:
        hands = {record.author for record in records if record.label is label}
        if len(hands) < FEWEST_AUTHORS:
            message = f"there is {label.value} only by {', '.join(hands) or 'nobody'}: nothing to learn it from without"
            raise ConfigurationError([Problem(file=str(folder), message=message)])
    trained = train(records, progress=progress)
    try:
        return trained.card, _keep(trained, out or SHIPPED_MODEL)
    except OSError as error:
        raise ModelUnusable(f"the model cannot be written to {out or SHIPPED_MODEL}: {error}") from error


def _keep(trained: Trained, target: Path) -> str:
    """Write a model among the versions of a root, or over a model that has the folder for itself."""
    version = trained.classifier.version
    if (target / registry.CARD).exists():
        artifact.save(trained.classifier, target, trained.card)
        return f"model {version} written to {target}"
    artifact.save(trained.classifier, target / version, trained.card)
    written = f"model {version} written to {target / version}"
    if artifact.load_or_say(target)[0] is None:
        registry.promote(target, version)
        return f"{written}, and put into service, since no other was; the running service takes it at its next start"
    if registry.in_service(target) == version:
        return f"{written}; it is the one in service"
    return f"{written}; to put it into service: triage model promote {version}"


def evaluate(model: Path, budget: Budget, files: Sequence[Path], *, drawn_in: Path | None = None) -> Evaluated:
    """Measure a model on labelled messages, by default the frozen ones, and draw the figures where a folder is given.

    Raises ModelUnusable, or ConfigurationError for what the files or the folder have wrong.
    """
    records, missing = _messages(files)
    answers = _answers(model, records, budget)
    found = _evaluated(records, missing, answers, budget)
    if drawn_in:
        _draw(found, evaluation.reliabilities(records, answers.probabilities), drawn_in)
    return found


def compare(names: tuple[str, str], root: Path, budget: Budget, files: Sequence[Path]) -> Compared:
    """Measure two models, each a version of the root or a folder, on the same messages. Raises as `evaluate` does."""
    records, missing = _messages(files)
    before, after = (_answers(named(root, name), records, budget) for name in names)
    only_before, only_after, p = evaluation.mcnemar(records, before.probabilities, after.probabilities)
    return Compared(
        before=_evaluated(records, missing, before, budget),
        after=_evaluated(records, missing, after, budget),
        only_before=only_before,
        only_after=only_after,
        p=p,
        changes=evaluation.changes(records, before.decisions, after.decisions),
    )


def promote(version: str, root: Path, budget: Budget, files: Sequence[Path], *, force: bool) -> Promotion:
    """Put a version into service unless it breaks the budget or falls behind; `force` does so all the same.

    Raises ModelUnusable where the version is not there or is broken, which nothing can force.
    """
    if (root / registry.CARD).exists():
        raise ModelUnusable(f"{root} is one model, not a folder of versions; there is nothing to choose from")
    before = registry.in_service(root)
    records, missing = _messages(files)
    found = _evaluated(records, missing, _answers(registry.version_folder(root, version), records, budget), budget)
    against = list(found.over_budget)
    if (now := _in_service(root, records, budget)) is not None:
        new, old = found.measures["macro_f1"], now["macro_f1"]
        # Of thousandths, since that is how they are rounded.
        if round(old - new, 3) > MOST_LOST:
            against.append(f"macro-F1 falls from {old:.3f} ({before}) to {new:.3f}")
    done = force or not against
    if done:
        registry.promote(root, version)
    return Promotion(version=version, before=before, against=against, done=done)


def card_of(model: Path | None) -> Mapping[str, Any]:
    """Give the card of a model, or of the one in service where `model` is a root. Raises ModelUnusable without one."""
    return registry.read_card(registry.resolve(model or SHIPPED_MODEL))


def named(root: Path, name: str) -> Path:
    """Find a model by its version or by a folder, in this order; raises ModelUnusable where there is neither."""
    try:
        return registry.version_folder(root, name)
    except ModelUnusable:
        if Path(name).is_dir():
            return Path(name)
        raise


def _messages(files: Sequence[Path]) -> tuple[list[Example], Mapping[str, int]]:
    return read_examples(files or sorted(FROZEN.glob("*.jsonl")))


def _in_service(root: Path, records: Sequence[Example], budget: Budget) -> Mapping[str, Any] | None:
    """Measure what is in service; None where that cannot be used, so that anything is better."""
    try:
        answers = _answers(root, records, budget)
    except ModelUnusable:
        return None
    return evaluation.measures(records, answers.probabilities, answers.decisions)


def _answers(model: Path, records: Sequence[Example], budget: Budget) -> Answers:
    classifier = artifact.load(model, budget)
    answers = classifier.classify(questions_of(records))
    return Answers(
        classifier=classifier,
        made_from=frozenset(card_of(model).get("made_from", {}).get("authors", ())),
        probabilities=np.array([[answer.probabilities[label] for label in LABELS] for answer in answers]),
        decisions=[answer.decision for answer in answers],
        unread=[
            answer.decision == UNSURE and decide(answer.probabilities, classifier.limits)[0] != UNSURE
            for answer in answers
        ],
    )


def _evaluated(records: Sequence[Example], missing: Mapping[str, int], answers: Answers, budget: Budget) -> Evaluated:
    classifier = answers.classifier
    measures = evaluation.measures(records, answers.probabilities, answers.decisions)
    return Evaluated(
        version=classifier.version,
        measures=measures,
        prices=evaluation.prices(
            classifier.calibrated_on, records, answers.probabilities, unread=answers.unread, budget=budget
        ),
        budget=budget,
        over_budget=evaluation.over_budget(measures, budget),
        missing=missing,
        seen=sorted(answers.made_from & {record.author for record in records}),
    )


def _draw(found: Evaluated, bins: Mapping[Any, Any], folder: Path) -> None:
    drawn = {
        "confusion.svg": figures.confusion(found.measures),
        "reliability.svg": figures.reliability(bins),
        "risk-coverage.svg": figures.risk_coverage(found.prices),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, svg in drawn.items():
            (folder / name).write_bytes(svg)
    except OSError as error:
        message = f"the figures cannot be written: {error}"
        raise ConfigurationError([Problem(file=str(folder), message=message)]) from error
