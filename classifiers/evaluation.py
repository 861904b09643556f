"""How good a model's answers about labelled messages are: pure functions; what they give can be written as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from classifiers.budget import LABELS, URGENT, WEBFORM, Budget, Calibration, Probabilities, limits
from classifiers.corpus_files import Example
from classifiers.linear import decide
from triage.core.labels import UNSURE, Label, Unsure

Decision = Label | Unsure

DECISIONS: tuple[Decision, ...] = (*LABELS, UNSURE)
ALPHAS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
BINS = 10  # of equal width, as in Guo et al. 2017
NOT_SAID = "not said"
# What an error costs beside another, so that changes can be read worst first: an urgent message lost outweighs all.
LOST_URGENT, SENT_AWAY, WRONG, NOT_DECIDED, RIGHT = 16, 8, 2, 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Messages whose probability of something was about the same."""

    count: int
    said: float  # mean probability
    came: float  # share for which it was so


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A message that two models decide differently."""

    id: str
    label: Label
    before: Decision
    after: Decision
    worse: int  # how much more the new decision costs; negative where it is better


def truth(records: Sequence[Example]) -> NDArray[np.int_]:
    """Give the labels as places in LABELS."""
    return np.array([LABELS.index(record.label) for record in records])


def measures(records: Sequence[Example], probabilities: Probabilities, decisions: Sequence[Decision]) -> dict[str, Any]:
    """All figures of a model's answers about labelled messages, at least one; one row of `probabilities` a message.

    Precision, recall and F1 are those of the best of four labels; `decisions` counts what was decided, or left unsure.
    A macro-F1 is the mean over the labels that occur.
    """
    true = truth(records)
    best = probabilities.argmax(axis=1)
    decided = np.array([DECISIONS.index(decision) for decision in decisions])
    unsure = decided == len(LABELS)

    def by(keys: Iterable[str]) -> dict[str, Any]:
        return _by_group(list(keys), true, best, unsure)

    return {
        "messages": len(records),
        "macro_f1": _macro_f1(true, best),
        "by_label": _by_label(true, best),
        "by_language": by(record.lang or NOT_SAID for record in records),
        "by_hard": by({True: "hard", False: "not hard", None: NOT_SAID}[record.hard] for record in records),
        "by_author": by(record.author or NOT_SAID for record in records),
        "urgent_caught_or_unsure": _share((decided == URGENT) | unsure, true == URGENT),
        "urgent_caught": _share(decided == URGENT, true == URGENT),
        **_errors(records, decisions),
        "confusion": confusion_matrix(true, best, labels=range(len(LABELS))).tolist(),
        "decisions": confusion_matrix(true, decided, labels=range(len(DECISIONS)))[: len(LABELS)].tolist(),
        "ece": _calibration_errors(records, probabilities),
        "log_loss": round(float(-np.log(probabilities[range(len(true)), true].clip(1e-15)).mean()), 4),
        # Over all four labels (Brier 1950): from 0 to 2.
        "brier": round(float(((probabilities - np.eye(len(LABELS))[true]) ** 2).sum(axis=1).mean()), 4),
    }


def reliabilities(records: Sequence[Example], probabilities: Probabilities) -> dict[Label, list[Bin]]:
    """Give each label's reliability, the label against all others."""
    true = truth(records)
    return {label: reliability(probabilities[:, at], true == at) for at, label in enumerate(LABELS)}


def reliability(chances: NDArray[np.float64], happened: NDArray[np.bool_]) -> list[Bin]:
    """Compare what was said with what came true, in ten bins of equal width; empty ones are left out."""
    at = np.minimum((chances * BINS).astype(int), BINS - 1)
    return [
        Bin(count=int(own.sum()), said=float(chances[own].mean()), came=float(happened[own].mean()))
        for own in (at == number for number in range(BINS))
        if own.any()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Give the expected calibration error: the mean distance of said and true (Guo et al. 2017, equation 3)."""
    return sum(one.count * abs(one.said - one.came) for one in bins) / sum(one.count for one in bins)


def over_budget(found: Mapping[str, Any], budget: Budget) -> list[str]:
    """Say which of the two promises `measures` shows broken on these messages; nothing where both are kept."""
    needy = found["messages"] - found["by_label"][Label.WEBFORM.value]["support"]
    urgent = found["by_label"][Label.URGENT.value]["support"]
    away, lost = (found["breaches"][name] for name in ("need_a_person_decided_webform", "urgent_decided_other"))
    promises = (
        (away, needy, budget.as_webform, "messages that need a person were decided web form"),
        (lost, urgent, budget.urgent_as_other, "urgent messages were decided something else than urgent or unsure"),
    )
    return [
        f"{len(ids)} of {count} {what}: {len(ids) / count:.1%}, and {allowed:.1%} is allowed"
        for ids, count, allowed, what in promises
        if len(ids) > allowed * count
    ]


def prices(
    calibrated_on: Calibration,
    records: Sequence[Example],
    probabilities: Probabilities,
    *,
    unread: Sequence[bool] = (),
    budget: Budget = Budget(),  # noqa: B008 - frozen
    alphas: Sequence[float] = ALPHAS,
) -> list[dict[str, Any]]:
    """Give the risk-coverage curve: what each budget would cost in messages left unsure, and what goes wrong under it.

    `alpha` is the share of messages needing a person that may be decided web form; the share of urgent ones that may
    be decided otherwise keeps its proportion to it, as in `budget`. `unread` marks messages that are unsure whatever
    the limits.
    """
    # A budget of none at all has no proportion to keep.
    proportion = budget.urgent_as_other / budget.as_webform if budget.as_webform else 2.0
    found = []
    by_label = [dict(zip(LABELS, map(float, row), strict=True)) for row in probabilities]
    for alpha in alphas:
        urgent_as_other = round(min(1.0, alpha * proportion), 4)
        allowed = limits(calibrated_on, Budget(as_webform=alpha, urgent_as_other=urgent_as_other))
        decisions: list[Decision] = [
            UNSURE if number < len(unread) and unread[number] else decide(one, allowed)[0]
            for number, one in enumerate(by_label)
        ]
        found.append(
            {"alpha": alpha, "urgent_as_other": urgent_as_other, "limits": asdict(allowed)}
            | _errors(records, decisions)
        )
    return found


def changes(records: Sequence[Example], before: Sequence[Decision], after: Sequence[Decision]) -> list[Change]:
    """List the messages decided differently, worst first: urgent ones lost, then those sent away, and so on."""
    found = [
        Change(id=r.id, label=r.label, before=old, after=new, worse=_cost(r.label, new) - _cost(r.label, old))
        for r, old, new in zip(records, before, after, strict=True)
        if old != new
    ]
    return sorted(found, key=lambda one: (-one.worse, one.id))


def mcnemar(records: Sequence[Example], before: Probabilities, after: Probabilities) -> tuple[int, int, float]:
    """Of the best labels, count those right only before and only after, and give McNemar's exact two-sided p.

    That is a binomial test of the two counts: were both models equally good, each would be as likely (McNemar 1947).
    """
    true = truth(records)
    was, is_ = before.argmax(axis=1) == true, after.argmax(axis=1) == true
    only_before, only_after = int((was & ~is_).sum()), int((is_ & ~was).sum())
    differing = only_before + only_after
    return only_before, only_after, float(binomtest(only_before, differing).pvalue) if differing else 1.0


def _cost(label: Label, decision: Decision) -> int:
    if decision == label:
        return RIGHT
    if decision == UNSURE:
        return NOT_DECIDED
    if label is Label.URGENT:
        return LOST_URGENT
    return SENT_AWAY if decision is Label.WEBFORM else WRONG


def _errors(records: Sequence[Example], decisions: Sequence[Decision]) -> dict[str, Any]:
    """What decisions cost: the share left unsure, and which of those that matter most went wrong."""
    true, decided = truth(records), np.array([DECISIONS.index(decision) for decision in decisions])
    unsure, needy, urgent = decided == len(LABELS), true != WEBFORM, true == URGENT
    away, lost = needy & (decided == WEBFORM), urgent & ~unsure & (decided != URGENT)
    return {
        "unsure": round(float(unsure.mean()), 4),
        "need_a_person_decided_webform": _share(away, needy),
        "urgent_decided_other": _share(lost, urgent),
        "breaches": {
            "need_a_person_decided_webform": _ids(records, away),
            "urgent_decided_other": _ids(records, lost),
        },
    }


def _by_label(true: NDArray[np.int_], best: NDArray[np.int_]) -> dict[str, Any]:
    columns = precision_recall_fscore_support(true, best, labels=range(len(LABELS)), zero_division=0.0)
    return {
        label.value: {
            "precision": round(float(precision), 3),
            "recall": round(float(recall), 3),
            "f1": round(float(f1), 3),
            "support": int(support),
        }
        for label, precision, recall, f1, support in zip(LABELS, *columns, strict=True)
    }


def _by_group(
    keys: Sequence[str], true: NDArray[np.int_], best: NDArray[np.int_], unsure: NDArray[np.bool_]
) -> dict[str, Any]:
    found = {}
    for key in sorted(set(keys)):
        own = np.array([one == key for one in keys])
        found[key] = {
            "messages": int(own.sum()),
            "macro_f1": _macro_f1(true[own], best[own]),
            "unsure": round(float(unsure[own].mean()), 3),
        }
    return found


def _calibration_errors(records: Sequence[Example], probabilities: Probabilities) -> dict[str, float]:
    """By label against all others; `mean` is theirs, `top` that of the best label being right."""
    errors = {label.value: calibration_error(bins) for label, bins in reliabilities(records, probabilities).items()}
    right = probabilities.argmax(axis=1) == truth(records)
    top = calibration_error(reliability(probabilities.max(axis=1), right))
    errors |= {"mean": sum(errors.values()) / len(LABELS), "top": top}
    return {name: round(error, 4) for name, error in errors.items()}


def _macro_f1(true: NDArray[np.int_], best: NDArray[np.int_]) -> float:
    return round(float(f1_score(true, best, average="macro", zero_division=0.0)), 3)


def _share(some: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return round(float((some & of).sum() / max(int(of.sum()), 1)), 4)


def _ids(records: Sequence[Example], which: NDArray[np.bool_]) -> list[str]:
    return [records[int(at)].id for at in np.flatnonzero(which)]
