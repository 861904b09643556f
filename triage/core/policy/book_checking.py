"""What is wrong with rules, looked for at every office: told once, where it is written, naming the offices. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from triage.core.located_yaml import Problem
from triage.core.policy.checks import Finding, findings, findings_of_always
from triage.core.policy.fitting import may_win_at
from triage.core.policy.loading import Rulebook, RuleSet, at_office


def placed(rule_set: RuleSet, found: Iterable[Finding]) -> list[Problem]:
    """Findings with the lines of their rules."""
    return [rule_set.problem(one.rule, one.path, one.message, part=one.part) for one in found]


def everywhere(book: Rulebook, find: Callable[[str, RuleSet], Iterable[Problem]]) -> list[Problem]:
    """Whatever `find` finds in the rules of the default, under no name, and of each office with a layer.

    What the default has is not told again of an office; what a layer makes of other lines is told with the office.
    """
    usual = dict.fromkeys(find("", book.default))
    problems = dict(usual)
    for office, rule_set in book.layers.items():
        assert rule_set.layer is not None
        for problem in find(office, rule_set):
            if problem not in usual:
                problems[at_office(office, problem, rule_set.layer)] = None
    return list(problems)


def unused_parameters(book: Rulebook) -> list[Problem]:
    """Parameters that no rule uses: of the default, and of an office that sets them."""
    problems = []
    for _, rule_set in book.by_layer():
        named = {name for rule in (*rule_set.written, *rule_set.written_always) for name in rule.named()}
        for name, parameter in rule_set.parameters.items():
            place = parameter.source
            if name not in named and (rule_set.layer is None or place.document is rule_set.layer):
                problems.append(place.document.problem(place.path, "no rule uses this parameter"))
    return problems


def without_effect(book: Rulebook, office_ids: Sequence[str]) -> tuple[Mapping[str, list[Problem]], list[Problem]]:
    """Rules that can never do what they say at any office that has them, by id; and, as warnings, at some offices only.

    Where `office_ids` are not known, there may be any.
    """
    usual = [office for office in office_ids if office not in book.layers]
    found: dict[str, dict[str, list[Problem]]] = {}  # by rule, then by layer
    offices: dict[str, Sequence[str]] = {}
    having: dict[str, set[str]] = {}  # the layers whose offices the rule is for
    for name, rule_set in book.by_layer():
        offices[name] = [name] if name else usual
        rules = {(part, number): rule for part, number, rule in rule_set.parts()}
        for rule in rules.values():
            if not offices[name] or any(may_win_at(rule, office) for office in offices[name]):
                having.setdefault(rule.id, set()).add(name)
        vain = [*findings(rule_set.rules, offices[name]), *findings_of_always(rule_set.always, offices[name])]
        for one, problem in zip(vain, placed(rule_set, vain), strict=True):
            found.setdefault(rules[one.part, one.rule].id, {}).setdefault(name, []).append(problem)
    nowhere: dict[str, list[Problem]] = {}
    here: dict[Problem, list[str]] = {}
    for rule_id, by_layer in found.items():
        told = {name: by_layer[name] for name in by_layer if name in having.get(rule_id, by_layer)}
        if len(told) == len(having.get(rule_id, by_layer)):
            nowhere[rule_id] = next(iter(told.values()))
        else:
            for name, problems in told.items():
                for problem in problems:
                    here.setdefault(problem, []).extend(offices[name] or ["offices without a file of their own"])
    return nowhere, [replace(one, message=f"at {', '.join(ids)}: {one.message}") for one, ids in here.items()]
