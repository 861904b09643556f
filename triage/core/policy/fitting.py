"""Rules held against the offices' settings: what rules need, and what an office does not have. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from triage.core.located_yaml import Problem, nearest
from triage.core.office import Office
from triage.core.policy.loading import Part, Rulebook, RuleSet
from triage.core.policy.schema import Always, Matching, Rule
from triage.core.working_time import keeps_holidays_of


def check_against(book: Rulebook, offices: Sequence[Office]) -> list[Problem]:
    """What rules need and the offices' settings do not have: folders, units, offices, known holidays."""
    ids = [office.id for office in offices]
    problems = [problem for office in offices for problem in _unknown_holidays(office)]
    for name, rule_set in book.by_layer():
        if rule_set.layer and name not in ids:
            message = f"is for no office of the settings: there is no '{name}'{nearest(name, ids)}"
            problems.append(Problem(file=rule_set.layer.file, message=message))
        for part, number, rule in rule_set.parts():
            problems += _unknown_offices(rule_set, part, number, rule, ids)
    for rule_set, _, number, rule, places in _at(book, offices):
        if isinstance(rule, Rule):
            problems += [problem for office in places for problem in _missing(rule_set, number, rule, office)]
    return list(dict.fromkeys(problems))


def unheard_contacts(book: Rulebook, offices: Sequence[Office]) -> list[Problem]:
    """Warnings: rules that notify a contact which an office has not named, so that nobody there is told."""
    known = {contact for office in offices for contact in office.contacts}
    lacking: dict[tuple[str, Problem], list[str]] = {}
    for rule_set, part, number, rule, places in _at(book, offices):
        for contact in rule.then.notify:
            if ids := [office.id for office in places if contact not in office.contacts]:
                place = rule_set.problem(number, ("then", "notify"), "", part=part)
                lacking.setdefault((contact, place), []).extend(ids)
    warnings = []
    for (contact, place), ids in lacking.items():
        near = nearest(contact, known) if contact not in known else ""
        warnings.append(
            replace(place, message=f"no contact '{contact}' at {', '.join(ids)}, so nobody there is told{near}")
        )
    return warnings


def _at(book: Rulebook, offices: Sequence[Office]) -> Iterator[tuple[RuleSet, Part, int, Rule | Always, list[Office]]]:
    """Each rule of each set of rules, and all that is always added, with the offices that it is for."""
    having: dict[str, list[Office]] = {}
    for office in offices:
        having.setdefault(office.id if office.id in book.layers else "", []).append(office)
    for name, rule_set in book.by_layer():
        for part, number, rule in rule_set.parts():
            places = [office for office in having.get(name, ()) if may_win_at(rule, office.id)]
            yield rule_set, part, number, rule, places


def may_win_at(rule: Matching, office: str) -> bool:
    """Whether the rule's own office conditions leave it to this office at all."""
    asked = [condition.office for condition in (rule.when.all if rule.when else ()) if condition.office]
    return all(office in ids for ids in asked)


def _unknown_offices(
    rule_set: RuleSet, part: Part, number: int, rule: Matching, ids: Sequence[str]
) -> Iterator[Problem]:
    for group in ("all", "any", "none") if rule.when else ():
        for place, condition in enumerate(getattr(rule.when, group)):
            for name in condition.office or ():
                if name not in ids:
                    message = f"no office '{name}'{nearest(name, ids)}"
                    yield rule_set.problem(number, ("when", group, place, "office"), message, part=part)


def _unknown_holidays(office: Office) -> Iterator[Problem]:
    country = office.hours.holidays
    if country is not None and not keeps_holidays_of(country):
        message = f"no public holidays are known for '{country}'; expected an ISO 3166 code such as IN"
        yield Problem(file="triage.yaml", key=f"office {office.id}: hours.holidays", message=message)


def _missing(rule_set: RuleSet, number: int, rule: Rule, office: Office) -> Iterator[Problem]:
    folder, unit = rule.then.folder, rule.then.forward
    if folder not in office.folders:
        message = f"office '{office.id}' has no folder '{folder}'{nearest(folder, office.folders)}"
        yield rule_set.problem(number, ("then", "folder"), message)
    if unit and unit not in office.units:
        message = f"office '{office.id}' has no unit '{unit}'{nearest(unit, office.units)}"
        yield rule_set.problem(number, ("then", "forward"), message)
