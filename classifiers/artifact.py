"""A trained model on disk: `model.npz`, arrays only (loading runs no code), and `card.json`, which says what it is."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.budget import LABELS, Budget, Calibration, ErrorBudget, limits
from classifiers.features import fact_names
from classifiers.linear import LinearClassifier
from classifiers.registry import resolve
from classifiers.terms import Pieces, Words
from classifiers.weights import Weights
from triage.errors import ModelUnusable

FILE, FORMAT = "model.npz", "arrays-1"
LIBRARIES = ("numpy", "scikit-learn", "scipy")
RETRAIN = "run `triage model train`"


def save(classifier: LinearClassifier, folder: Path, card: Mapping[str, Any]) -> None:
    """Write the model and its card; `card` tells how it was made and how well it does."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = classifier.weights
    np.savez_compressed(
        folder / FILE,
        words="\n".join(weights.words.terms),
        words_idf=weights.words.idf,
        pieces="\n".join(weights.pieces.terms),
        pieces_idf=weights.pieces.idf,
        coefficients=weights.coefficients,
        intercepts=weights.intercepts,
    )
    full = {
        "version": classifier.version,
        "format": FORMAT,
        "calibrated_on": asdict(classifier.calibrated_on),
        "labels": [label.value for label in LABELS],
        "facts": list(fact_names()),
        "libraries": {name: version(name) for name in LIBRARIES},
        **card,
    }
    (folder / "card.json").write_text(json.dumps(full, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(folder: Path, budget: ErrorBudget | None = None) -> LinearClassifier:
    """Read a model back, with limits that keep to `budget`; by default to the budget that it was measured with.

    `folder` holds a model, or models by version and which is in service. Raises ModelUnusable saying what is wrong with
    it and what to do.
    """
    try:
        folder = resolve(folder)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        _check_card(card, folder)
        with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as parts:
            weights = Weights(
                words=Words(parts["words"].item().split("\n"), parts["words_idf"]),
                pieces=Pieces(parts["pieces"].item().split("\n"), parts["pieces_idf"]),
                coefficients=parts["coefficients"],
                intercepts=parts["intercepts"],
            )
        calibrated_on = Calibration(**card["calibrated_on"])
        return LinearClassifier(
            version=card["version"],
            weights=weights,
            calibrated_on=calibrated_on,
            limits=limits(calibrated_on, budget or Budget()),
        )
    except FileNotFoundError as error:
        raise ModelUnusable(f"there is no model in {folder} ({error.filename} is missing); {RETRAIN}") from error
    except ModelUnusable:
        raise
    except Exception as error:  # a corrupt file fails in as many ways as it can be corrupt
        raise ModelUnusable(
            f"the model {folder} cannot be read ({type(error).__name__}: {error}); {RETRAIN}"
        ) from error


def load_or_say(folder: Path, budget: ErrorBudget | None = None) -> tuple[LinearClassifier | None, str]:
    """Read a model, or say why there is none: the service goes on, and everything goes to a person (invariant 5)."""
    try:
        return load(folder, budget), ""
    except ModelUnusable as error:
        return None, str(error)


def _check_card(card: Mapping[str, Any], folder: Path) -> None:
    if card.get("format") != FORMAT:
        raise ModelUnusable(f"the model {folder} was saved by another version of this program; {RETRAIN}")
    if card["labels"] != [label.value for label in LABELS] or card["facts"] != list(fact_names()):
        raise ModelUnusable(f"the model {folder} was made for other labels or facts than this version; {RETRAIN}")
