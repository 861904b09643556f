"""Rules with the files of offices over them, for tests of what offices do otherwise."""

from tests.unit.policy.cases import TEMPLATE
from triage.core.located_yaml import Problem
from triage.core.policy.loading import Rulebook, RuleSet, load_book

TEMPLATES = {f"templates/answer.{language}.txt": TEMPLATE for language in ("en", "fr")}
DEFAULT = """\
parameters:
  answer_within: 2 working days
  marks: [$Early, $Seen]
rules:
  - id: early
    description: What is urgent comes first.
    when: {all: [{label: urgent}]}
    then:
      folder: urgent
      reply: answer
      notify: duty
      keywords: ${marks}
      respond_within: ${answer_within}

  - id: late
    description: Everything else comes after it.
    when:
      none:
        - label: urgent
    then:
      folder: review
      reply: none
      respond_within: ${answer_within}
"""


def load_layers(default: str = DEFAULT, **layers: str) -> Rulebook | list[Problem]:
    """Load a default and the files of offices, by id."""
    files = {f"offices/{office}.yaml": text for office, text in layers.items()}
    return load_book({"default.yaml": default, **TEMPLATES, **files}, folder="rules")


def book(default: str = DEFAULT, **layers: str) -> Rulebook:
    """The rules that are well."""
    loaded = load_layers(default, **layers)
    assert isinstance(loaded, Rulebook), "\n".join(map(str, loaded))
    return loaded


def at_delhi(layer: str, default: str = DEFAULT) -> RuleSet:
    """The rules of an office with a file of its own."""
    return book(default, delhi=layer).for_office("delhi")


def told(**layers: str) -> list[str]:
    """Every problem, as it is printed."""
    loaded = load_layers(**layers)
    return [str(problem) for problem in loaded] if isinstance(loaded, list) else []
