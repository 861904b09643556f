"""Second opinions about messages that the shipped model leaves unsure: who gives one, and what it may settle.

A plug-in is an entry point of the group `triage.classifiers`: called with `Options`, it gives a `SecondOpinion`. It is
handed redacted text only (`redaction`), since it may be anybody's code and may send what it gets anywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import entry_points
from math import log
from pathlib import Path
from typing import Any, Protocol

from triage.core.classification import Classification, Evidence, Question
from triage.core.labels import UNSURE, Label
from triage.core.located_yaml import Problem, nearest
from triage.errors import ConfigurationError

GROUP = "triage.classifiers"
MOST_SAID_BY = 40  # characters: what the ledger keeps of who decided, beside the model's version
AT_LEAST = 0.5  # an opinion that doubts itself settles nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody else than the shipped model thinks that a message is."""

    label: Label
    probability: float  # of the label, by the opinion's own reckoning; 0 to 1
    said_by: str  # who, in which version; what a record of its errors is kept under; see MOST_SAID_BY


class SecondOpinion(Protocol):
    """Gives opinions; made once in each process that reads mail."""

    def ask(self, questions: Sequence[Question]) -> list[Opinion | None]:
        """One for each question, in order, None where there is none to give; within some seconds, come what may."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What triage.yaml says of a second opinion, as its plug-in gets it."""

    url: str  # empty where the plug-in asks no server
    model: str  # of the server's models; may be empty
    read_secret: Callable[[], str] | None  # reads it anew each time, so that it can be rotated; None: there is none
    ca_file: Path | None  # extra authority to trust
    timeout_seconds: float  # for one message


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What an opinion may settle, since an evaluation has shown that the error budget then holds; see `record`."""

    said_by: str = ""
    labels: frozenset[Label] = frozenset()
    urgent_at_most: float = 0.0  # the model's limit of "urgent", over which only "urgent" may be decided


NOTHING = Allowed()
# For questions and the model's answers to them: the answers after a second opinion was heard.
Advice = Callable[[Sequence[Question], Sequence[Classification]], Sequence[Classification]]


def plugin(name: str) -> Callable[[Options], SecondOpinion]:
    """Find what makes a second opinion, by its entry point's name. Raises ConfigurationError saying which there are."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        message = f"no plug-in '{name}' is installed{nearest(name, found)}"
        raise ConfigurationError([Problem(file="triage.yaml", key="second_opinion.plugin", message=message)])
    made: Callable[[Options], SecondOpinion] = found[name].load()
    return made


def advice(second: SecondOpinion, allowed: Allowed) -> Advice:
    """Ask `second` about questions, and let it settle what it may."""
    return partial(_advised, second, allowed)


def settle(classification: Classification, opinion: Opinion | None, allowed: Allowed) -> Classification:
    """Hear an opinion: it is shown as evidence, and decides an unsure message where it may.

    It never decides web form, nor against the model's own fear of something urgent, nor what the model holds to be
    unlikely: a text that steers the one who gives the opinion gains no more than one of the two labels in doubt.
    """
    if classification.decision != UNSURE:
        return classification
    if opinion is None:
        why = f"{classification.why_unsure}; a second opinion was asked for, and none came"
        return replace(classification, why_unsure=why)
    spoken = f"second opinion of {opinion.said_by}"
    evidence = Evidence(
        text=spoken,
        text_fr=f"deuxième avis de {opinion.said_by}",
        label=opinion.label,
        weight=_log_odds(opinion.probability),
    )
    heard = replace(classification, evidence=(evidence, *classification.evidence))
    if hindrance := _hindrance(classification, opinion, allowed):
        says = f"{spoken}: {opinion.label.value} ({opinion.probability:.0%}), {hindrance}"
        return replace(heard, why_unsure=f"{classification.why_unsure}; {says}")
    return replace(
        heard,
        label=opinion.label,
        decision=opinion.label,
        why_unsure="",
        model=f"{classification.model}+{opinion.said_by}",
    )


def _hindrance(classification: Classification, opinion: Opinion, allowed: Allowed) -> str:
    """Why an opinion may not settle a message; empty where it may."""
    probabilities = classification.probabilities
    likeliest = sorted(probabilities, key=lambda label: -probabilities[label])[:2]
    if opinion.label is Label.WEBFORM:
        return "which an opinion may not decide"
    if opinion.said_by != allowed.said_by or opinion.label not in allowed.labels:
        return "which no evaluation has shown to keep to the error budget"
    if opinion.label is not Label.URGENT and probabilities[Label.URGENT] > allowed.urgent_at_most:
        return "but it may be urgent"
    if opinion.label not in likeliest:
        return "which the model holds to be unlikely"
    if opinion.probability < AT_LEAST:
        return "which is not sure either"
    return ""


def _advised(
    second: SecondOpinion, allowed: Allowed, questions: Sequence[Question], classifications: Sequence[Classification]
) -> list[Classification]:
    try:
        given: list[Any] = list(second.ask(questions))
    except Exception:  # noqa: BLE001 - whatever a plug-in does, its messages stay unsure and go to a person
        given = []
    if len(given) != len(questions):
        given = [None] * len(questions)
    return [
        settle(classification, opinion if _well_formed(opinion) else None, allowed)
        for classification, opinion in zip(classifications, given, strict=True)
    ]


def _well_formed(opinion: object) -> bool:
    """Whether a plug-in kept to the protocol: types promise it, and nothing else does."""
    return (
        isinstance(opinion, Opinion)
        and isinstance(opinion.label, Label)
        and isinstance(opinion.probability, float)
        and 0 <= opinion.probability <= 1
        and isinstance(opinion.said_by, str)
        and 0 < len(opinion.said_by) <= MOST_SAID_BY
    )


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 0.001), 0.999)
    return round(log(bounded / (1 - bounded)), 3)
