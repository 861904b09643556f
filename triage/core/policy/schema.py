"""What a rules file can say: ordered rules, the first that matches wins. Unknown keys are refused."""

from typing import Annotated, Literal

import re2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from triage.core.facts.record import Authentication
from triage.core.message import Language
from triage.core.screening import MachineKind
from triage.core.working_time import WorkingTime, parse_working_time

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
FactName = Literal[
    "identifier", "date", "deadline", "decision", "asks_to_reopen", "prior_enquiry", "representative", "attachment"
]
Verdict = Literal["urgent", "serious_error", "reconsideration", "webform", "unsure"]


def _pattern(text: str) -> str:
    try:
        re2.compile(text)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(f"not a pattern of RE2 ({said}); see docs/rules.md, 'Patterns'") from None
    return text


def _working_time(value: object) -> WorkingTime:
    return parse_working_time(str(value))


Pattern = Annotated[str, AfterValidator(_pattern)]


class Section(BaseModel):
    """A part of a rules file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HeaderCondition(Section):
    """A header field and a pattern (RE2, any case) that some part of one of its values must match."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
    matches: Pattern


class Condition(Section):
    """One question about a message; exactly one key."""

    label: Verdict | tuple[Verdict, ...] | None = Field(None, description="The classifier's decision, or unsure.")
    probability_at_least: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="The best label has at least this probability."
    )
    machine: MachineKind | Literal["any"] | tuple[MachineKind, ...] | None = Field(
        None, description="A machine wrote it: any, or these kinds."
    )
    unparseable: Literal[True] | None = Field(None, description="It could not be read whole.")
    authentication: Authentication | None = Field(None, description="What the office's mail server found.")
    language: Language | tuple[Language, ...] | None = Field(None, description="Of the newest text.")
    deadline_within_days: Annotated[int, Field(ge=0, le=365)] | None = Field(
        None, description="The nearest named date that is not past is at most so many days away."
    )
    has: FactName | None = Field(None, description="The fact was found.")
    office: Name | tuple[Name, ...] | None = Field(None, description="The office's id.")
    header: HeaderCondition | None = None
    answers: Literal["our-reply", "an-exchange"] | None = Field(
        None, description="It answers an automatic reply of ours, or belongs to an exchange that the ledger knows."
    )

    @model_validator(mode="after")
    def _one_key(self) -> "Condition":
        if len(self.model_fields_set) != 1:
            given = ", ".join(sorted(self.model_fields_set)) or "none"
            raise ValueError(f"a condition has exactly one key; this one has {given}; write one condition for each")
        if getattr(self, self.kind) is None:
            raise ValueError(f"'{self.kind}' needs a value")
        return self

    @property
    def kind(self) -> str:
        """The key that this condition has."""
        return next(iter(self.model_fields_set))

    def __str__(self) -> str:
        """As the rule file says it."""
        value = getattr(self, self.kind)
        if isinstance(value, HeaderCondition):
            return f"header {value.name} matches {value.matches}"
        if isinstance(value, tuple):
            return f"{self.kind}: {', '.join(map(str, value))}"
        return f"{self.kind}: {str(value).lower() if value is True else value}"


class When(Section):
    """`all` must hold, at least one of `any`, and nothing of `none`; each is a plain list of conditions."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> "When":
        if not (self.all or self.any or self.none):
            raise ValueError("a 'when' without conditions; leave 'when' out for a rule that always matches")
        return self


class Then(Section):
    """What is done with a message; nothing is implied that is not written."""

    folder: Name = Field(description="A role (urgent, review, …) or an extra folder of the office's settings.")
    flag: bool = Field(False, description="Mark it as important in the managers' mail program (\\Flagged).")
    keywords: tuple[Annotated[str, StringConstraints(pattern=r"^\$?[A-Za-z][A-Za-z0-9_-]*$")], ...] = Field(
        (), description="IMAP keywords, such as $Urgent."
    )
    reply: Name | None = Field(None, description="The template of the automatic reply.")
    forward: Name | None = Field(None, description="A unit of the office's settings.")
    notify: tuple[Name, ...] = Field((), description="Contacts of the office's settings.")
    respond_within: Annotated[WorkingTime, Field()] | None = Field(
        None, description="When a person must have answered: '4 working hours', '2 working days'."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_time(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("respond_within"), str):
            return {**data, "respond_within": _working_time(data["respond_within"])}
        return data


class Rule(Section):
    """One rule; its id is recorded with every decision it makes."""

    id: Name
    description: Annotated[str, StringConstraints(min_length=10)] = Field(description="What it does and why.")
    when: When | None = Field(None, description="Left out: the rule matches every message.")
    then: Then


class RulesFile(Section):
    """A file of rules, in order."""

    rules: tuple[Rule, ...] = Field(min_length=1)
