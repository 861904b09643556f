"""Reads the rules, layers and templates of a folder, and checks them against the offices' settings."""

from collections.abc import Mapping
from pathlib import Path

from triage.core.located_yaml import Problem
from triage.core.policy.book_checking import unused_parameters
from triage.core.policy.fitting import check_against
from triage.core.policy.loading import DEFAULT, OFFICES, TEMPLATES, Rulebook, load_book
from triage.core.policy.safeguards import dangers
from triage.errors import ConfigurationError
from triage.settings import Settings


def read_rules(settings: Settings) -> Rulebook:
    """Give the rules in force. Raises ConfigurationError with every problem, each with its file and line."""
    return checked_rules(read_texts(settings.rules), settings)


def checked_rules(texts: Mapping[str, str], settings: Settings) -> Rulebook:
    """Give the rules that texts of the rules folder make, fit for all offices. Raises ConfigurationError."""
    book = rules_of(texts, settings.rules)
    offices = [office.profile() for office in settings.offices]
    if problems := [*unused_parameters(book), *check_against(book, offices), *dangers(book, offices)]:
        raise ConfigurationError(problems)
    return book


def read_rules_in(folder: Path) -> Rulebook:
    """Read a folder without knowing the offices. Raises ConfigurationError."""
    return rules_of(read_texts(folder), folder)


def read_texts(folder: Path) -> Mapping[str, str]:
    """Every text of a rules folder that matters, by its path there. Raises ConfigurationError."""
    paths = [
        folder / DEFAULT,
        *sorted((folder / OFFICES).glob("*.yaml")),
        *sorted((folder / TEMPLATES).glob("*.txt")),
    ]
    texts = {}
    problems = [
        Problem(file=str(path), message=f"is not read: call it {path.stem}.yaml")
        for path in sorted((folder / OFFICES).glob("*.yml"))
    ]
    for path in paths:
        try:
            texts[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(file=str(path), message=f"cannot be read: {error}"))
    if problems:
        raise ConfigurationError(problems)
    return texts


def rules_of(texts: Mapping[str, str], folder: Path) -> Rulebook:
    """Make the rules of a folder's texts; `folder` is named in problems. Raises ConfigurationError."""
    loaded = load_book(texts, folder=str(folder))
    if isinstance(loaded, list):
        raise ConfigurationError(loaded)
    return loaded
