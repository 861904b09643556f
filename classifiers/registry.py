"""Where models live: a root folder with one folder for each version, and a file `current` naming the one in service.

A folder that holds a card itself is a model, and may stand wherever a root may.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from triage.errors import ModelUnusable

CARD, CURRENT = "card.json", "current"
TRAIN = "run `triage model train`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One model of a root."""

    name: str  # of its folder
    folder: Path
    in_service: bool
    card: Mapping[str, Any]  # empty where it cannot be read
    trouble: str  # why the card cannot be read; empty where it can


def resolve(folder: Path) -> Path:
    """Give the folder of the model in service: `folder` itself, or the version that its `current` names.

    Raises ModelUnusable saying what is wrong and what to do.
    """
    if (folder / CARD).exists():
        return folder
    name = in_service(folder)
    if not name:
        raise ModelUnusable(f"there is no model in {folder} ({CARD} is missing, and so is {CURRENT}); {TRAIN}")
    try:
        return version_folder(folder, name)
    except ModelUnusable as error:
        raise ModelUnusable(f"{folder / CURRENT} names a model that is not there: {error}") from error


def in_service(root: Path) -> str:
    """Give what `current` says, or nothing where there is none. Raises ModelUnusable where it cannot be read."""
    try:
        return (root / CURRENT).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnusable(f"{root / CURRENT} cannot be read: {error}") from error


def version_folder(root: Path, name: str) -> Path:
    """Give the folder of one version. Raises ModelUnusable, naming those there are, where there is no such one."""
    names = _names(root)
    # A name is one of the list, never a path put together: `current` may say "../../elsewhere".
    if name not in names:
        raise ModelUnusable(f"there is no version {name!r} in {root}; there is {', '.join(names) or 'none'}")
    return root / name


def versions(root: Path) -> list[Version]:
    """All models of the root, by name; the one model where `root` is a model itself. Broken cards are listed too."""
    if (root / CARD).exists():
        return [_version(root, in_service=True)]
    current = in_service(root)
    return [_version(root / name, in_service=name == current) for name in _names(root)]


def promote(root: Path, name: str) -> str:
    """Put a version into service; gives the name of the one before, empty if there was none.

    The file is replaced whole and brought to the disk, so that no reader and no power cut meets half of it. Raises
    ModelUnusable where there is no such version, or the file cannot be written.
    """
    version_folder(root, name)
    before = in_service(root)
    try:
        with NamedTemporaryFile("w", dir=root, prefix=f".{CURRENT}-", delete=False, encoding="utf-8") as file:
            try:
                file.write(f"{name}\n")
                file.flush()
                # Others than who promotes must read it: a temporary file is its maker's only.
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
                Path(file.name).replace(root / CURRENT)
            except BaseException:
                with suppress(OSError):
                    Path(file.name).unlink()
                raise
        _sync(root)
    except OSError as error:
        raise ModelUnusable(f"{root / CURRENT} cannot be written: {error}; nothing is changed") from error
    return before


def read_card(folder: Path) -> Mapping[str, Any]:
    """Read the card of one model. Raises ModelUnusable where there is none, or it is none."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnusable(f"{folder} has no readable {CARD}: {error}") from error
    if not isinstance(card, dict):
        raise ModelUnusable(f"{folder} has no readable {CARD}: expected a JSON object")
    return card


def _names(root: Path) -> list[str]:
    return sorted(file.parent.name for file in root.glob(f"*/{CARD}"))


def _version(folder: Path, *, in_service: bool) -> Version:
    try:
        card, trouble = read_card(folder), ""
    except ModelUnusable as error:
        card, trouble = {}, str(error)
    return Version(name=folder.name, folder=folder, in_service=in_service, card=card, trouble=trouble)


def _sync(folder: Path) -> None:
    """Bring the folder's own entries to the disk: else the new name may be lost, though not the new bytes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
