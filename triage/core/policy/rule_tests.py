"""What a file of tests beside the rules can say: a message or its facts, an office, a clock, and what is expected."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from triage.core.facts.record import Authentication
from triage.core.labels import Label
from triage.core.message import Language
from triage.core.policy.decision import Reason
from triage.core.policy.schema import Section
from triage.core.policy.schema_values import (
    Acts,
    Answered,
    Contacts,
    Decisions,
    FactNames,
    Harms,
    Keywords,
    Name,
    Probability,
    Topics,
    Verdict,
    Within,
    listed,
)
from triage.core.screening import MachineKind

ALL = "all"
NOTHING = "none"  # written where an action is expected not to be done
WEDNESDAY = datetime(2026, 11, 25, 10)  # noqa: DTZ001 - the zone is each office's own


def _local(value: object) -> object:
    """A clock without a zone: it is the office's own, so that one test can stand for offices all over the world."""
    try:
        given = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        given = None
    if not isinstance(given, date):
        raise ValueError(f"'{value}' is no time; expected one such as 2026-11-25 10:00")  # noqa: TRY004 - pydantic's
    if getattr(given, "tzinfo", None):
        raise ValueError("write the time without a zone: it is read in the office's own, such as 2026-11-25 10:00")
    return value


def _none_at_all(value: object) -> object:
    return () if value == NOTHING else listed(value)


LocalTime = Annotated[
    datetime,
    BeforeValidator(_local, json_schema_input_type=Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d")]),
]
Places = Annotated[tuple[Name, ...], BeforeValidator(listed, json_schema_input_type=Literal["all"] | Name | list[Name])]
Words = Annotated[str, StringConstraints(min_length=1)]


class GivenMessage(Section):
    """A message as its sender would write it; it is read as a real one would be."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    subject: str = ""
    body: str = Field("", description="Plain text; it may hold quotes and a signature.")
    from_: Words = Field("Sam Reyes <sam.reyes@mail.example>", alias="from", description="Name and address.")
    to: Words | None = Field(None, description="Left out: the office's own address.")
    date: LocalTime | None = Field(None, description="Left out: the clock of the test.")
    headers: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")], str] = Field(
        default_factory=dict, description="More header fields, such as Auto-Submitted: auto-replied."
    )


class Given(Section):
    """What is taken as found, in place of what the text says or the model would answer."""

    label: Verdict | None = Field(None, description="What the classifier decided, or unsure.")
    probability: Probability | dict[Label, Probability] | None = Field(
        None, description="Of the label, the others sharing the rest; or of each label."
    )
    machine: MachineKind | None = Field(None, description="A machine of this kind wrote it.")
    unparseable: bool | None = Field(None, description="It could not be read whole.")
    authentication: Authentication | None = Field(None, description="What the office's own mail server found.")
    language: Language | None = Field(None, description="Of the newest text.")
    deadline_in_days: Annotated[int, Field(ge=0, le=3650)] | None = Field(
        None, description="A harm falls so many days after the message's date."
    )
    has: FactNames = Field((), description="Facts that were found.")
    topic: Topics = Field((), description="Topics that were found.")
    harm: Harms = Field((), description="Harms that are named.")
    office_error: Acts = Field((), description="What the office is said to have done wrong.")
    decision: Decisions = Field((), description="Decisions that are spoken of.")
    answers: Answered | None = Field(None, description="It answers a reply of ours, or belongs to an exchange.")
    sender: Words | None = Field(None, description="The address that it says it is from.")
    sender_messages_this_week: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="What the sender wrote to the office in seven days, this message included."
    )
    replies_today: Annotated[int, Field(ge=0, le=1000)] = Field(
        0, description="Automatic replies that the sender has had in 24 hours."
    )

    @model_validator(mode="after")
    def _whole(self) -> "Given":
        if self.probability is not None and self.label is None:
            raise ValueError("'probability' needs 'label' beside it")
        if isinstance(self.probability, dict) and abs(sum(self.probability.values()) - 1) > 0.001:
            raise ValueError("the probabilities of the four labels must add up to 1")
        if self.label is not None and (self.machine or self.unparseable):
            what = "machine mail" if self.machine else "a message that could not be read whole"
            raise ValueError(f"{what} is never classified, so it has no 'label'")
        return self


class Expected(Section):
    """What the service must do; only what is written is compared."""

    rule: Name | None = Field(None, description="The rule that wins; none where no rule matches.")
    folder: Name | None = Field(None, description="The folder's role, as rules name it.")
    reply: Name | None = Field(None, description="The template of the reply that goes out, or none.")
    flag: bool | None = Field(None, description="Whether it is marked as important.")
    keywords: Annotated[Keywords, BeforeValidator(_none_at_all)] | None = Field(
        None, description="Exactly these keywords, or none."
    )
    forward: Name | None = Field(None, description="The unit that it is forwarded to, or none.")
    notify: Annotated[Contacts, BeforeValidator(_none_at_all)] | None = Field(
        None, description="Exactly these contacts are told, or none."
    )
    respond_within: Literal["none"] | Within | None = Field(
        None, description="The working time that a person has, from the clock of the test; or none."
    )
    due: Literal["none"] | LocalTime | None = Field(
        None, description="The moment that it is due, in the office's own time; or none."
    )
    hold: bool | None = Field(None, description="Whether its reply or forward waits until a person releases it.")
    always: Annotated[tuple[Name, ...], BeforeValidator(_none_at_all)] | None = Field(
        None, description="Exactly these, of what stands under `always`, are added; or none."
    )
    on_trial: Name | None = Field(None, description="The rule on trial that would have won, or none.")
    reason: Reason | None = Field(None, description="The reason that is recorded.")

    @model_validator(mode="after")
    def _something(self) -> "Expected":
        if not self.model_fields_set:
            raise ValueError("expected at least one of the things to compare, such as 'rule: urgent'")
        return self


class RuleTest(Section):
    """One test: what comes in, where and when, and what must be done with it."""

    name: Annotated[str, StringConstraints(min_length=3)] = Field(description="What it shows, as a sentence.")
    offices: Places | None = Field(None, description="One office, a list, or all; left out: those of the file.")
    now: LocalTime | None = Field(None, description="The clock, in the office's own time; left out: the file's.")
    message: GivenMessage | None = Field(None, description="A message, read as a real one would be.")
    eml: Words | None = Field(None, description="A message in a file, by its path from this file's folder.")
    given: Given = Given()
    expect: Expected

    @model_validator(mode="after")
    def _something_comes_in(self) -> "RuleTest":
        if self.message and self.eml:
            raise ValueError("expected 'message' or 'eml', not both")
        if not (self.message or self.eml or self.given.model_fields_set):
            raise ValueError("expected a 'message', an 'eml', or what is 'given'")
        return self


class RuleTestsFile(Section):
    """A file of tests; `offices` and `now` hold for each test that does not say otherwise."""

    offices: Places = Field((ALL,), description="One office, a list, or all.")
    now: LocalTime = Field(
        WEDNESDAY, description="The clock, in the office's own time; left out: Wednesday 2026-11-25 10:00."
    )
    tests: Annotated[tuple[RuleTest, ...], Field(min_length=1)]
