"""What replies promise, held against the rules that send them: nobody is told what the rules do not do.

A due time in a reply is one that the rule sets; the web form is named only to those whose message surely is for it; and
who answers us is heard by a person, as every reply says, never sent to the web form a second time.
"""

from collections.abc import Iterator, Sequence

from triage.core.labels import Label
from triage.core.policy.checks import Finding
from triage.core.policy.evaluation import takes_from
from triage.core.policy.possibilities import World
from triage.core.policy.reasoning import Formula, impossible, negated
from triage.core.policy.schema import Condition, Rule
from triage.core.replies.rendering import Templates

_ANSWERS_US = Condition.model_validate({"answers": "our-reply"})
_FROM_A_MACHINE = Condition.model_validate({"machine": "any"})
_FOR_THE_WEB_FORM = Condition.model_validate({"label": Label.WEBFORM.value})


def redirects(templates: Templates, name: str) -> bool:
    """Whether a template sends people to the web form: it names its address."""
    return "webform_url" in templates.fields(name)


def broken_promises(rules: Sequence[Rule], templates: Templates) -> list[Finding]:
    """Every rule that does not keep what its reply says, or what every reply says; in the order of the rules."""
    world = World(rules, ())
    answer, machine, webform = (world.of(one) for one in (_ANSWERS_US, _FROM_A_MACHINE, _FOR_THE_WEB_FORM))
    by_a_person, elsewhere = negated(machine, world.domains), negated(webform, world.domains)
    found: list[Finding] = []
    earlier: list[tuple[Rule, Formula]] = []  # what each rule above leaves
    for number, rule in enumerate(rules):
        wins = [world.of_rule(rule), *(left for one, left in earlier if takes_from(one, rule))]
        found += _undated(number, rule, templates)
        if redirects(templates, rule.then.reply) and not impossible([*wins, elsewhere], world.domains):
            found.append(
                _finding(
                    number, "reply", f"'{rule.then.reply}' sends people to the web form: it needs 'label: webform'"
                )
            )
        elif _unheard(rule, templates) and not impossible([*wins, answer, by_a_person], world.domains):
            found.append(
                _finding(
                    number,
                    "reply",
                    "may take an answer to an automatic reply, which a person must see: put it below a rule on"
                    " 'answers: our-reply', or leave those out by 'none'",
                )
            )
        earlier.append((rule, negated(wins[0], world.domains)))
    return found


def _undated(number: int, rule: Rule, templates: Templates) -> Iterator[Finding]:
    if "due" in templates.fields(rule.then.reply) and rule.then.respond_within is None:
        yield _finding(number, "reply", f"'{rule.then.reply}' says by when a person answers: it needs respond_within")


def _unheard(rule: Rule, templates: Templates) -> bool:
    return redirects(templates, rule.then.reply) or rule.then.respond_within is None


def _finding(number: int, key: str, message: str) -> Finding:
    return Finding(rule=number, path=("then", key), message=message)
