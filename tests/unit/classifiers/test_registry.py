"""Models by version: which is in service, and that putting one there never leaves half a name."""

import json
import os
from pathlib import Path

import pytest

from classifiers import registry
from triage.errors import ModelUnusable


def root_with(root: Path, *names: str, current: str | None = None) -> Path:
    """A root with a card for each name, and `current` if it is said."""
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "card.json").write_text(json.dumps({"version": name}))
    if current is not None:
        (root / "current").write_text(current)
    return root


def test_the_model_in_service_is_the_one_that_current_names(tmp_path: Path) -> None:
    """A line end or spaces around the name do not matter."""
    assert registry.resolve(root_with(tmp_path, "a", "b", current=" b\n")) == tmp_path / "b"


def test_a_folder_with_a_card_is_a_model_itself(tmp_path: Path) -> None:
    """So --model takes either."""
    root_with(tmp_path, "a")
    assert registry.resolve(tmp_path / "a") == tmp_path / "a"
    assert [(one.folder, one.in_service) for one in registry.versions(tmp_path / "a")] == [(tmp_path / "a", True)]


@pytest.mark.parametrize("name", ["../outside", "/etc", "..", ".", "a/../a", "gone", "a\x00b", "x" * 5000])
def test_current_leads_to_a_version_of_its_root_and_nowhere_else(name: str, tmp_path: Path) -> None:
    """A path, a name of nothing, or nonsense is refused in a sentence that names what there is."""
    root_with(tmp_path, "outside")
    root = root_with(tmp_path / "root", "a", current=name)
    with pytest.raises(ModelUnusable, match=r"there is a$"):
        registry.resolve(root)
    with pytest.raises(ModelUnusable, match="no version"):
        registry.promote(root, name)
    assert (root / "current").read_text() == name


@pytest.mark.parametrize("current", [b"\xff\xfe", None], ids=["no text", "a folder"])
def test_a_current_that_cannot_be_read_is_a_sentence(current: bytes | None, tmp_path: Path) -> None:
    """Whatever lies there."""
    root = root_with(tmp_path, "a")
    if current is None:
        (root / "current").mkdir()
    else:
        (root / "current").write_bytes(current)
    with pytest.raises(ModelUnusable, match="cannot be read"):
        registry.resolve(root)


def test_without_any_model_the_sentence_says_how_to_make_one(tmp_path: Path) -> None:
    """Missing, empty, or a file: there is none."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path, tmp_path / "missing", tmp_path / "file"):
        assert registry.versions(folder) == []
        with pytest.raises(ModelUnusable, match=r"there is no model.*triage model train"):
            registry.resolve(folder)


def test_a_broken_card_is_listed_with_its_trouble(tmp_path: Path) -> None:
    """The list is there to find it."""
    root = root_with(tmp_path, "a", "b", current="a")
    (root / "b" / "card.json").write_text("[" * 100_000)
    a, b = registry.versions(root)
    assert (a.name, a.in_service, a.card, a.trouble) == ("a", True, {"version": "a"}, "")
    assert (b.name, b.in_service, b.card) == ("b", False, {})
    assert "no readable card.json" in b.trouble


def test_promoting_gives_what_was_in_service_before(tmp_path: Path) -> None:
    """So that the way back can be told; everybody may read the file, and nothing else is left in the folder."""
    root = root_with(tmp_path, "a", "b")
    assert registry.promote(root, "a") == ""
    assert registry.promote(root, "b") == "a"
    assert registry.resolve(root) == root / "b"
    assert (root / "current").stat().st_mode & 0o777 == 0o644
    assert sorted(one.name for one in root.iterdir()) == ["a", "b", "current"]


@pytest.mark.parametrize("step", ["fsync", "fchmod", "replace"])
def test_a_disk_that_fails_leaves_the_old_version_in_service(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each operation is failed in turn: `current` is whole and old, no temporary file is left, and it is a sentence."""
    root = root_with(tmp_path, "a", "b", current="a\n")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path if step == "replace" else os, step, fail)
        with pytest.raises(ModelUnusable, match="No space left on device; nothing is changed"):
            registry.promote(root, "b")
    assert (root / "current").read_text() == "a\n"
    assert sorted(one.name for one in root.iterdir()) == ["a", "b", "current"]


def test_the_name_is_on_the_disk_before_it_takes_the_old_ones_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written, synced, replaced, synced again: after a power cut there is one name or the other, never half of one."""
    root = root_with(tmp_path, "a", "b", current="a\n")
    seen: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        seen.append("sync")
        sync(handle)

    def replaced(one: Path, other: Path) -> Path:
        seen.append(one.read_text())
        return replace(one, other)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    registry.promote(root, "b")
    assert seen == ["sync", "b\n", "sync"]
