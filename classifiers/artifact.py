"""A trained model on disk: `model.skops` (no pickle: loading runs no code) and `card.json`, which says what it is."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io

from classifiers.budget import LABELS, Budget, Calibration, ErrorBudget, limits
from classifiers.features import fact_names, restored, vectorizers
from classifiers.linear import LinearClassifier
from classifiers.registry import resolve
from triage.errors import ModelUnusable

LIBRARIES = ("numpy", "scikit-learn", "scipy")
RETRAIN = "run `triage model train` with the versions installed here"


def save(classifier: LinearClassifier, folder: Path, card: Mapping[str, Any]) -> None:
    """Write the model and its card; `card` tells how it was made and how well it does."""
    folder.mkdir(parents=True, exist_ok=True)
    # The vectorizers as their terms and weights: skops takes seconds to read a dictionary of tens of thousands.
    parts = {
        "words": "\n".join(classifier.words.get_feature_names_out()),
        "words_idf": classifier.words.idf_,
        "pieces": "\n".join(classifier.pieces.get_feature_names_out()),
        "pieces_idf": classifier.pieces.idf_,
        "weights": classifier.weights,
    }
    skops.io.dump(parts, folder / "model.skops", compression=8)  # zipfile.ZIP_DEFLATED
    full = {
        "version": classifier.version,
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
        file = folder / "model.skops"
        if unknown := skops.io.get_untrusted_types(file=file):
            raise ModelUnusable(f"the model {folder} holds types that are not trusted: {', '.join(unknown)}; {RETRAIN}")
        parts = skops.io.load(file)
        words, pieces = vectorizers()
        calibrated_on = Calibration(**card["calibrated_on"])
        return LinearClassifier(
            version=card["version"],
            words=restored(words, parts["words"].split("\n"), parts["words_idf"]),
            pieces=restored(pieces, parts["pieces"].split("\n"), parts["pieces_idf"]),
            weights=parts["weights"],
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
    here = {name: version(name) for name in LIBRARIES}
    if card["libraries"] != here:
        differing = ", ".join(
            f"{name} {made} (here {here.get(name, 'none')})"
            for name, made in card["libraries"].items()
            if here.get(name) != made
        )
        raise ModelUnusable(f"the model {folder} was made with {differing}; {RETRAIN}")
    if card["labels"] != [label.value for label in LABELS] or card["facts"] != list(fact_names()):
        raise ModelUnusable(f"the model {folder} was made for other labels or facts than this version; {RETRAIN}")
