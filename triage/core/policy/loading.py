"""Rule files and templates, as text → a rule set, or every problem at once, each with its line. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from triage.core.located_yaml import Document, Problem, nearest, parse_yaml, validate
from triage.core.office import Office
from triage.core.policy.schema import Rule, RulesFile
from triage.core.replies.rendering import Templates, check_templates


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules and templates in force together; never changed, replaced whole."""

    rules: tuple[Rule, ...]
    templates: Templates
    digest: str  # SHA-256 of rules and templates: recorded with each decision
    document: Document  # for naming lines in later checks


def load_rules(text: str, templates: Mapping[str, str], *, file: str) -> RuleSet | list[Problem]:
    """Read rules; `templates` are texts by file name ("redirect-webform.en.txt"), `file` is named in problems."""
    document = parse_yaml(text, file=file)
    if isinstance(document, Problem):
        return [document]
    parsed = validate(document, RulesFile)
    read = check_templates(templates)
    problems = [*(parsed if isinstance(parsed, list) else ()), *(read if isinstance(read, list) else ())]
    if isinstance(parsed, list) or isinstance(read, list):
        return problems
    problems = [*_same_ids(parsed.rules, document), *_never_reached(parsed.rules, document)]
    problems += _unknown_templates(parsed.rules, read, document)
    if problems:
        return problems
    content = json.dumps([parsed.model_dump(mode="json"), dict(templates)], sort_keys=True, default=str)
    return RuleSet(rules=parsed.rules, templates=read, digest=sha256(content.encode()).hexdigest(), document=document)


def check_against(rule_set: RuleSet, offices: Sequence[Office]) -> list[Problem]:
    """What rules name and an office's settings do not have: folders, units, contacts, offices."""
    problems: list[Problem] = []
    ids = [office.id for office in offices]
    for number, rule in enumerate(rule_set.rules):
        for condition in (*rule.when.all, *rule.when.any, *rule.when.none) if rule.when else ():
            named = condition.office if isinstance(condition.office, tuple) else (condition.office,)
            for name in named:
                if name and name not in ids:
                    problems.append(
                        rule_set.document.problem(("rules", number, "when"), f"no office '{name}'{nearest(name, ids)}")
                    )
        for office in offices:
            problems += _missing(rule_set.document, number, rule, office)
    return problems


def unheard_contacts(rule_set: RuleSet, offices: Iterable[Office]) -> list[str]:
    """Warnings: rules that notify a contact which an office has not named, so that nobody there is told."""
    return [
        f"office '{office.id}' names no contact '{contact}': rule '{rule.id}' alerts nobody there"
        for rule in rule_set.rules
        for contact in rule.then.notify
        for office in offices
        if contact not in office.contacts
    ]


def _missing(document: Document, number: int, rule: Rule, office: Office) -> list[Problem]:
    found = []
    then = ("rules", number, "then")
    if rule.then.folder not in office.folders:
        known = nearest(rule.then.folder, office.folders)
        found.append(
            document.problem((*then, "folder"), f"office '{office.id}' has no folder '{rule.then.folder}'{known}")
        )
    if rule.then.forward and rule.then.forward not in office.units:
        known = nearest(rule.then.forward, office.units)
        found.append(
            document.problem((*then, "forward"), f"office '{office.id}' has no unit '{rule.then.forward}'{known}")
        )
    return found


def _same_ids(rules: Sequence[Rule], document: Document) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for number, rule in enumerate(rules):
        if rule.id in seen:
            problems.append(document.problem(("rules", number, "id"), f"'{rule.id}' is the id of an earlier rule too"))
        seen.add(rule.id)
    return problems


def _never_reached(rules: Sequence[Rule], document: Document) -> list[Problem]:
    """A rule after one that always matches, or after one with the very same conditions, can never win."""
    problems = []
    for number, rule in enumerate(rules):
        for earlier in rules[:number]:
            if earlier.when is None or earlier.when == rule.when:
                why = "matches every message" if earlier.when is None else "has the same conditions"
                message = f"can never win: the earlier rule '{earlier.id}' {why}"
                problems.append(document.problem(("rules", number, "id"), message))
                break
    return problems


def _unknown_templates(rules: Sequence[Rule], templates: Templates, document: Document) -> list[Problem]:
    return [
        document.problem(
            ("rules", number, "then", "reply"),
            f"no template '{rule.then.reply}' in both languages{nearest(rule.then.reply, templates.names())}",
        )
        for number, rule in enumerate(rules)
        if rule.then.reply and rule.then.reply not in templates.names()
    ]
