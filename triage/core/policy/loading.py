"""Rule files and templates, as text → a rule set, or every problem at once, each with its line. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from triage.core.located_yaml import Document, Problem, nearest, parse_yaml, validate
from triage.core.office import Office
from triage.core.policy.schema import NO_REPLY, Floor, Rule, RulesFile
from triage.core.replies.rendering import Templates, read_templates
from triage.core.working_time import keeps_holidays_of

# Recorded instead of a rule's id where no rule matched, and where deciding failed.
NO_RULE, FAIL_OPEN = "none", "fail-open"
RESERVED = frozenset({NO_RULE, FAIL_OPEN})
# Where things stand in a rules folder.
DEFAULT = "default.yaml"
TEMPLATES = "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules and templates in force together; never changed, replaced whole."""

    rules: tuple[Rule, ...]
    floors: tuple[Floor, ...]  # what the rules may not go under: `safeguards`
    templates: Templates
    digest: str  # SHA-256 of rules and templates: recorded with each decision
    document: Document  # for naming lines in later checks
    # What it was read from, by path in the rules folder: kept in the ledger, so that old decisions can be explained.
    texts: Mapping[str, str]


def load_rules(text: str, templates: Mapping[str, str], *, file: str) -> RuleSet | list[Problem]:
    """Read rules; `templates` are texts by file name ("redirect-webform.en.txt"), `file` is named in problems."""
    document = parse_yaml(text, file=file)
    if isinstance(document, Problem):
        return [document]
    parsed = validate(document, RulesFile)
    read = read_templates(templates)
    problems = [*(parsed if isinstance(parsed, list) else ()), *(read if isinstance(read, list) else ())]
    if isinstance(parsed, list) or isinstance(read, list):
        return problems
    problems = [*_same_ids(parsed.rules, document), *_never_reached(parsed.rules, document)]
    problems += _unknown_templates(parsed.rules, read, document)
    if problems:
        return problems
    content = json.dumps([parsed.model_dump(mode="json"), dict(templates)], sort_keys=True, default=str)
    return RuleSet(
        rules=parsed.rules,
        floors=parsed.floors,
        templates=read,
        digest=sha256(content.encode()).hexdigest(),
        document=document,
        texts={DEFAULT: text, **{f"{TEMPLATES}/{name}": template for name, template in templates.items()}},
    )


def check_against(rule_set: RuleSet, offices: Sequence[Office]) -> list[Problem]:
    """What rules need and the offices' settings do not have: folders, units, offices, known holidays."""
    problems = [problem for office in offices for problem in _unknown_holidays(office)]
    for number, rule in enumerate(rule_set.rules):
        problems += _unknown_offices(rule_set.document, number, rule, [office.id for office in offices])
        for office in offices:
            if _may_win_at(rule, office):
                problems += _missing(rule_set.document, number, rule, office)
    return problems


def unheard_contacts(rule_set: RuleSet, offices: Sequence[Office]) -> list[Problem]:
    """Warnings: rules that notify a contact which an office has not named, so that nobody there is told."""
    known = {contact for office in offices for contact in office.contacts}
    warnings = []
    for number, rule in enumerate(rule_set.rules):
        for contact in rule.then.notify:
            lacking = [one.id for one in offices if _may_win_at(rule, one) and contact not in one.contacts]
            if lacking:
                near = nearest(contact, known) if contact not in known else ""
                message = f"no contact '{contact}' at {', '.join(lacking)}, so nobody there is told{near}"
                warnings.append(rule_set.document.problem(("rules", number, "then", "notify"), message))
    return warnings


def _may_win_at(rule: Rule, office: Office) -> bool:
    """Whether the rule's own office conditions leave it to this office at all."""
    asked = [condition.office for condition in (rule.when.all if rule.when else ()) if condition.office]
    return all(office.id in ids for ids in asked)


def _unknown_offices(document: Document, number: int, rule: Rule, ids: Sequence[str]) -> list[Problem]:
    problems = []
    for group in ("all", "any", "none") if rule.when else ():
        for place, condition in enumerate(getattr(rule.when, group)):
            for name in condition.office or ():
                if name not in ids:
                    path = ("rules", number, "when", group, place, "office")
                    problems.append(document.problem(path, f"no office '{name}'{nearest(name, ids)}"))
    return problems


def _unknown_holidays(office: Office) -> list[Problem]:
    country = office.hours.holidays
    if country is None or keeps_holidays_of(country):
        return []
    message = f"no public holidays are known for '{country}'; expected an ISO 3166 code such as IN"
    return [Problem(file="triage.yaml", key=f"office {office.id}: hours.holidays", message=message)]


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
        if rule.id in RESERVED:
            problems.append(document.problem(("rules", number, "id"), f"'{rule.id}' is recorded where no rule decides"))
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
            f"no template '{rule.then.reply}'{nearest(rule.then.reply, {NO_REPLY, *templates.names()})}",
        )
        for number, rule in enumerate(rules)
        if rule.then.reply not in {NO_REPLY, *templates.names()}
    ]
