"""`triage rules check`: everything that is wrong in a folder of rules, at once.

What is broken is set aside, and the rest is checked as if it stood alone: a mistake in one rule must not hide those in
the others until it is mended.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from triage.core.located_yaml import Problem, indent_of
from triage.core.policy.checks import findings
from triage.core.policy.fairness import needless
from triage.core.policy.loading import DEFAULT, TEMPLATES, RuleSet, check_against, unheard_contacts
from triage.core.policy.safeguards import dangers, placed
from triage.core.replies.promises import broken_promises
from triage.errors import ConfigurationError
from triage.rules_folder import read_texts, rules_of
from triage.settings import Settings

_ITEM = re.compile(r"rules\.(\d+)")
# Stands for a rule that could not be read: it takes nothing from those below it.
_FILLER = (
    "- {{id: unread-{number}, description: Stands for a rule that could not be read., when: {{all: [{{header: "
    "{{name: X-Unread, matches: 'unread-{number}-'}}}}]}}, then: {{folder: review, reply: none}}}}"
)
_NO_OFFICES = "folders, units and contacts are only checked with --config triage.yaml"
_ROUNDS = 5  # problems that only show once others are mended: syntax, keys, names


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the check found."""

    problems: tuple[Problem, ...]  # the rules cannot do what they say
    warnings: tuple[Problem, ...] = ()  # they can, but somebody may not be told
    rules: int = 0  # that could be read
    digest: str = ""  # of the rule set, as decisions name it
    offices: int = 0  # that names were held against; 0: none

    def sentence(self, folder: Path) -> str:
        """Say how it went, and what was not looked at."""
        found = len(self.problems)
        told = f"{found} problem{'s' if found != 1 else ''}" if found else f"{self.rules} rules are well"
        against = f"held to {self.offices} offices" if self.offices else _NO_OFFICES
        return f"{folder}: {told}; {against}"


def check_rules(folder: Path, settings: Settings | None) -> Checked:
    """Check a folder of rules, against the offices of the settings where there are any.

    Raises ConfigurationError where there is no such folder.
    """
    offices = [office.profile() for office in settings.offices] if settings else []
    rule_set, problems = _readable(read_texts(folder), folder)
    if rule_set is None:
        return Checked(problems=tuple(_located(problems, folder)), offices=len(offices))
    if not problems:  # a rule that is set aside may be the one that keeps a promise, or to a floor
        problems += dangers(rule_set, offices)
    problems += check_against(rule_set, offices)
    problems += placed(rule_set, findings(rule_set.rules, [office.id for office in offices]))
    return Checked(
        problems=tuple(_located(problems, folder)),
        warnings=(*unheard_contacts(rule_set, offices), *placed(rule_set, needless(rule_set.rules))),
        rules=sum(not rule.id.startswith("unread-") for rule in rule_set.rules),
        digest=rule_set.digest,
        offices=len(offices),
    )


def _readable(texts: Mapping[str, str], folder: Path) -> tuple[RuleSet | None, list[Problem]]:
    """Read what can be read; a rule or template with a problem is told, and another stands in its place."""
    problems: list[Problem] = []
    for _ in range(_ROUNDS):
        try:
            return rules_of(texts, folder), problems
        except ConfigurationError as error:
            problems += error.problems
            mended = _set_aside(texts, error.problems)
        if mended == texts:
            break
        texts = mended
    return None, problems


def _set_aside(texts: Mapping[str, str], problems: Sequence[Problem]) -> Mapping[str, str]:
    numbers = {int(found[1]) for problem in problems if (found := _ITEM.match(problem.key))}
    names = {Path(problem.file).name.split(".")[0] for problem in problems if problem.file.endswith((".txt", ".html"))}
    mended = {path: text for path, text in texts.items() if Path(path).name.split(".")[0] not in names}
    for name in names:
        mended |= {f"{TEMPLATES}/{name}.{code}.txt": f"Subject\nText of {name}.\n" for code in ("en", "fr")}
    mended[DEFAULT] = _filled(texts[DEFAULT], numbers)
    return mended


def _filled(text: str, numbers: set[int]) -> str:
    """Put a filler of one line in place of each broken rule, and blank lines, so that all others keep their lines."""
    lines = text.split("\n")
    for number, (begin, end) in enumerate(_extents(lines)):
        if number in numbers:
            indent = " " * indent_of(lines[begin])
            lines[begin:end] = [indent + _FILLER.format(number=number), *[""] * (end - begin - 1)]
    return "\n".join(lines)


def _extents(lines: Sequence[str]) -> list[tuple[int, int]]:
    """The lines from which to which each rule stands, where rules are written one below the other."""
    head = next((number for number, line in enumerate(lines) if re.match(r"rules:\s*(?:#|$)", line)), len(lines))
    said = [number for number in range(head + 1, len(lines)) if re.match(r"\s*[^\s#]", lines[number])]
    if not said or not lines[said[0]].lstrip().startswith("- "):
        return []
    edges = [number for number in said if indent_of(lines[number]) <= indent_of(lines[said[0]])]
    extents = []
    for begin, end in zip(edges, [*edges[1:], len(lines)], strict=True):
        if not lines[begin].lstrip().startswith("- "):
            break  # another part of the file
        extents.append((begin, end))
    return extents


def promise_problems(rule_set: RuleSet) -> list[Problem]:
    """What replies promise and rules do not keep, with the lines of the rules."""
    return placed(rule_set, broken_promises(rule_set.rules, rule_set.templates))


def _located(problems: Sequence[Problem], folder: Path) -> list[Problem]:
    """Each once, in the order of the files; a template's with the folder that it is in."""
    beside = folder / TEMPLATES
    there = [replace(one, file=str(beside / one.file)) if (beside / one.file).is_file() else one for one in problems]
    return sorted(dict.fromkeys(there), key=lambda one: (one.file, one.line or 0, one.column or 0))
