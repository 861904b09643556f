"""`triage rules check`: everything that is wrong in a folder of rules, at once.

What is broken is set aside, and the rest is checked as if it stood alone: a mistake in one rule must not hide those in
the others until it is mended.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from triage.core.located_yaml import Problem, indent_of
from triage.core.policy.book_checking import everywhere, placed, unused_parameters, without_effect
from triage.core.policy.fairness import Justified, justified, needless
from triage.core.policy.fitting import check_against, unheard_contacts
from triage.core.policy.loading import DEFAULT, OFFICES, TEMPLATES, Rulebook
from triage.core.policy.safeguards import dangers, forewarnings
from triage.core.replies.promises import broken_promises
from triage.errors import ConfigurationError
from triage.rules_folder import read_texts, rules_of
from triage.settings import Settings

_ITEM = re.compile(r"(rules|always)\.(\d+)")
_ID = re.compile(r"^(?:\s*- |\s+)id: ([a-z][a-z0-9_-]{0,63})\s*$", re.MULTILINE)
# Stands for a rule that could not be read: it takes nothing from those below it.
_UNREAD = "Stands for a rule that could not be read."
_FILLING = {"rules": "{folder: review, reply: none}", "always": "{keywords: $Unread}"}
_FILLER = (
    "- {{id: {name}, description: {unread}, when: {{all: [{{header: "
    "{{name: X-Unread, matches: 'unread-{part}-{number}-'}}}}]}}, then: {then}}}"
)
_NO_OFFICES = "folders, units and contacts are only checked with --config triage.yaml"
_ROUNDS = 5  # problems that only show once others are mended: syntax, keys, names


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the check found."""

    problems: tuple[Problem, ...]  # the rules cannot do what they say
    warnings: tuple[Problem, ...] = ()  # they can, but somebody may not be told
    justified: tuple[Justified, ...] = ()  # rules that look at who the sender is, and say why
    rules: int = 0  # that could be read
    digest: str = ""  # of the default, as decisions of offices without a layer name it
    layers: int = 0  # offices with a file of their own
    offices: int = 0  # that names were held against; 0: none

    def sentence(self, folder: Path) -> str:
        """Say how it went, and what was not looked at."""
        found = len(self.problems)
        layers = f", and {self.layers} office{'s' if self.layers > 1 else ''} with its own file," if self.layers else ""
        told = f"{found} problem{'s' if found != 1 else ''}" if found else f"{self.rules} rules{layers} are well"
        against = f"held to {self.offices} offices" if self.offices else _NO_OFFICES
        return f"{folder}: {told}; {against}"


def check_rules(folder: Path, settings: Settings | None) -> Checked:
    """Check a folder of rules, against the offices of the settings where there are any.

    Raises ConfigurationError where there is no such folder.
    """
    offices = [office.profile() for office in settings.offices] if settings else []
    book, problems = _readable(read_texts(folder), folder)
    if book is None:
        return Checked(problems=tuple(_located(problems, folder)), offices=len(offices))
    warnings: list[Problem] = []
    if not problems:  # a rule that is set aside may keep a promise, or to a floor, or use the parameter
        problems += [*unused_parameters(book), *dangers(book, offices)]
        warnings += forewarnings(book, offices)
    problems += check_against(book, offices) if offices else []
    nowhere, somewhere = without_effect(book, [office.id for office in offices])
    problems += [problem for found in nowhere.values() for problem in found]
    warnings += somewhere
    warnings += unheard_contacts(book, offices)
    warnings += everywhere(book, lambda _, rule_set: placed(rule_set, needless(rule_set.rules)))
    warnings += everywhere(book, lambda _, rule_set: placed(rule_set, needless(rule_set.always, part="always")))
    return Checked(
        problems=tuple(_located(problems, folder)),
        warnings=tuple(warnings),
        justified=tuple(justified(book)),
        rules=sum(rule.description != _UNREAD for rule in book.default.rules),
        digest=book.default.digest,
        layers=len(book.layers),
        offices=len(offices),
    )


def _readable(texts: Mapping[str, str], folder: Path) -> tuple[Rulebook | None, list[Problem]]:
    """Read what can be read; what has a problem is told, and set aside: another rule or template takes its place."""
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
    default = [problem.key for problem in problems if Path(problem.file).name == DEFAULT]
    items = {(found[1], int(found[2])) for key in default if (found := _ITEM.match(key))}
    layers = {f"{OFFICES}/{Path(problem.file).name}" for problem in problems} & texts.keys()
    names = {Path(problem.file).name.split(".")[0] for problem in problems if problem.file.endswith((".txt", ".html"))}
    broken = {path for path in texts if path.startswith(TEMPLATES) and Path(path).name.split(".")[0] in names}
    mended = {path: text for path, text in texts.items() if path not in layers | broken}
    for name in names:
        mended |= {f"{TEMPLATES}/{name}.{code}.txt": f"Subject\nText of {name}.\n" for code in ("en", "fr")}
    mended[DEFAULT] = _filled(texts[DEFAULT], items, [key.removeprefix("parameters.") for key in default])
    if any(key.startswith("floors") for key in default):
        mended[DEFAULT] = _without("floors", mended[DEFAULT])
    return mended


def _without(part: str, text: str) -> str:
    """Leave the lines of a part of the file blank, so that all others keep their lines."""
    lines, inside = text.split("\n"), False
    for number, line in enumerate(lines):
        if re.match(r"\w", line):
            inside = line.startswith(f"{part}:")
        lines[number] = "" if inside else line
    return "\n".join(lines)


def _filled(text: str, items: set[tuple[str, int]], parameters: Sequence[str]) -> str:
    """Put a filler of one line in place of each broken rule, and blank lines, so that all others keep their lines.

    Broken is also what names a broken parameter. A filler keeps the rule's id, which layers may name.
    """
    lines = text.split("\n")
    for part, then in _FILLING.items():
        for number, (begin, end) in enumerate(_extents(lines, part)):
            rule = "\n".join(lines[begin:end])
            if (part, number) in items or any(f"${{{name}}}" in rule for name in parameters):
                found = _ID.search(rule)
                name = found[1] if found else f"unread-{part}-{number}"
                filler = _FILLER.format(part=part, number=number, unread=_UNREAD, name=name, then=then)
                lines[begin:end] = [" " * indent_of(lines[begin]) + filler, *[""] * (end - begin - 1)]
    return "\n".join(lines)


def _extents(lines: Sequence[str], part: str) -> list[tuple[int, int]]:
    """The lines from which to which each item of a list stands, where they are written one below the other."""
    head = next((number for number, line in enumerate(lines) if re.match(rf"{part}:\s*(?:#|$)", line)), len(lines))
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


def promise_problems(book: Rulebook) -> list[Problem]:
    """What replies promise and rules do not keep, with the lines of the rules."""
    return everywhere(book, lambda _, found: placed(found, broken_promises(found.rules, found.templates)))


def _located(problems: Sequence[Problem], folder: Path) -> list[Problem]:
    """Each once, in the order of the files; a template's with the folder that it is in."""
    beside = folder / TEMPLATES
    there = [replace(one, file=str(beside / one.file)) if (beside / one.file).is_file() else one for one in problems]
    return sorted(dict.fromkeys(there), key=lambda one: (one.file, one.line or 0, one.column or 0))
