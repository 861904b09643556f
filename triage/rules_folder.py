"""Reads the rules and templates of a folder, and checks them against the offices' settings."""

from pathlib import Path

from triage.core.located_yaml import Problem
from triage.core.policy.loading import RuleSet, check_against, load_rules
from triage.errors import ConfigurationError
from triage.settings import Settings

RULES_FILE = "default.yaml"


def read_rules(settings: Settings) -> RuleSet:
    """Give the rule set in force. Raises ConfigurationError with every problem, each with its file and line."""
    rule_set = read_rules_in(settings.rules)
    if problems := check_against(rule_set, [office.profile() for office in settings.offices]):
        raise ConfigurationError(problems)
    return rule_set


def read_rules_in(folder: Path) -> RuleSet:
    """Read a folder without knowing the offices. Raises ConfigurationError."""
    file = folder / RULES_FILE
    try:
        text = file.read_text(encoding="utf-8")
        templates = {path.name: path.read_text(encoding="utf-8") for path in (folder / "templates").glob("*.txt")}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(file=str(file), message=f"cannot be read: {error}")]) from error
    loaded = load_rules(text, templates, file=str(file))
    if isinstance(loaded, list):
        raise ConfigurationError(loaded)
    return loaded
