"""Reads the rules and templates of a folder, and checks them against the offices' settings."""

from collections.abc import Mapping
from pathlib import Path

from triage.core.located_yaml import Problem
from triage.core.policy.loading import DEFAULT, TEMPLATES, RuleSet, check_against, load_rules
from triage.core.policy.safeguards import dangers
from triage.errors import ConfigurationError
from triage.settings import Settings


def read_rules(settings: Settings) -> RuleSet:
    """Give the rule set in force. Raises ConfigurationError with every problem, each with its file and line."""
    return checked_rules(read_texts(settings.rules), settings)


def checked_rules(texts: Mapping[str, str], settings: Settings) -> RuleSet:
    """Give the rule set that texts of the rules folder make, fit for all offices. Raises ConfigurationError."""
    rule_set = rules_of(texts, settings.rules)
    offices = [office.profile() for office in settings.offices]
    if problems := [*check_against(rule_set, offices), *dangers(rule_set, offices)]:
        raise ConfigurationError(problems)
    return rule_set


def read_rules_in(folder: Path) -> RuleSet:
    """Read a folder without knowing the offices. Raises ConfigurationError."""
    return rules_of(read_texts(folder), folder)


def read_texts(folder: Path) -> Mapping[str, str]:
    """Every text of a rules folder that matters, by its path there. Raises ConfigurationError."""
    paths = [folder / DEFAULT, *sorted((folder / TEMPLATES).glob("*.txt"))]
    try:
        return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(file=str(folder / DEFAULT), message=f"cannot be read: {error}")]) from error


def rules_of(texts: Mapping[str, str], folder: Path) -> RuleSet:
    """Make a rule set of a folder's texts; `folder` is named in problems. Raises ConfigurationError."""
    templates = {
        path.removeprefix(f"{TEMPLATES}/"): text for path, text in texts.items() if path.startswith(f"{TEMPLATES}/")
    }
    loaded = load_rules(texts[DEFAULT], templates, file=str(folder / DEFAULT))
    if isinstance(loaded, list):
        raise ConfigurationError(loaded)
    return loaded
