"""What a rules file can say: ordered rules, the first that matches wins. Unknown keys are refused."""

from functools import cached_property
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from triage.core.labels import Label
from triage.core.policy.schema_values import (
    MOST_WORKING_DAYS,
    Acts,
    Addresses,
    Answered,
    Authentications,
    Contacts,
    Decisions,
    Description,
    Domains,
    FactNames,
    Harms,
    Justification,
    Keywords,
    Languages,
    Machines,
    Name,
    Offices,
    Parameters,
    Pattern,
    Probability,
    Roles,
    Times,
    Topics,
    Verdicts,
    Within,
)

NO_REPLY = "none"


class Section(BaseModel):
    """A part of a rules file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_and_values(cls, data: object) -> object:
        if not isinstance(data, (dict, cls)):
            # pydantic gathers ValueErrors, and lets a TypeError through
            raise ValueError(f"expected keys and values, such as '{next(iter(cls.model_fields))}: …'")  # noqa: TRY004
        return data


class HeaderCondition(Section):
    """A header field and a pattern (RE2, any case) that some part of one of its values must match."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
    matches: Pattern


class SenderCondition(Section):
    """Who a message says it is from (the first From address): addresses, domains, or a pattern; exactly one key."""

    address: Addresses | None = None
    domain: Domains | None = None
    matches: Pattern | None = None

    @model_validator(mode="after")
    def _one_key(self) -> "SenderCondition":
        if sum(value is not None for _, value in self) != 1:
            raise ValueError("expected one of address, domain and matches: write one condition for each")
        return self


class CountCondition(Section):
    """Bounds on a number of messages."""

    at_least: Annotated[int, Field(ge=2, le=1000)] | None = None
    at_most: Annotated[int, Field(ge=1, le=1000)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "CountCondition":
        if self.at_least is None and self.at_most is None:
            raise ValueError("expected at_least, at_most, or both")
        if self.at_least and self.at_most and self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most, so this can never hold")
        return self


class ProbabilityCondition(Section):
    """Bounds on the probability of one label, or of the best one."""

    of: Label | None = Field(None, description="Left out: the label that is the likeliest.")
    at_least: Probability | None = None
    at_most: Probability | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "ProbabilityCondition":
        if self.at_least is None and self.at_most is None:
            raise ValueError("expected at_least, at_most, or both")
        if (self.at_least or 0) > (1 if self.at_most is None else self.at_most):
            raise ValueError("at_least is more than at_most, so this can never hold")
        return self


class Condition(Section):
    """One question about a message; exactly one key. A list of values means: any one of them."""

    label: Verdicts | None = Field(None, description="The classifier's decision, or unsure.")
    probability: ProbabilityCondition | None = Field(None, description="How probable a label is.")
    machine: Machines | None = Field(None, description="A machine wrote it: any, or of these kinds.")
    unparseable: bool | None = Field(None, description="It could not be read whole.")
    authentication: Authentications | None = Field(None, description="What the office's own mail server found.")
    language: Languages | None = Field(None, description="Of the newest text.")
    deadline_within_days: Annotated[int, Field(ge=0, le=365)] | None = Field(
        None, description="The nearest harm ahead is at most so many days from the message's own date."
    )
    deadline_within_working_days: Annotated[int, Field(ge=0, le=MOST_WORKING_DAYS)] | None = Field(
        None, description="The office has at most so many working days left before the nearest harm."
    )
    has: FactNames | None = Field(None, description="The fact was found.")
    topic: Topics | None = Field(None, description="What it is about, among others.")
    harm: Harms | None = Field(None, description="A harm of this kind is named.")
    office_error: Acts | None = Field(None, description="The office is said to have done this wrong.")
    decision: Decisions | None = Field(None, description="A decision of this kind is spoken of.")
    time: Times | None = Field(None, description="What time it is at the office when the message is decided.")
    office: Offices | None = Field(None, description="The office's id.")
    header: HeaderCondition | None = Field(None, description="A header field matches a pattern.")
    sender: SenderCondition | None = Field(None, description="Who it says it is from.")
    sender_messages_this_week: CountCondition | None = Field(
        None, description="How many messages this sender wrote to this office in seven days, with this one."
    )
    answers: Answered | None = Field(
        None, description="It answers an automatic reply of ours, or belongs to an exchange that the ledger knows."
    )

    @model_validator(mode="after")
    def _one_key(self) -> "Condition":
        if len(self.model_fields_set) != 1:
            given = " and ".join(sorted(self.model_fields_set)) or "none"
            raise ValueError(f"a condition has exactly one key; this one has {given}: write one condition for each")
        if getattr(self, self.kind) is None:
            raise ValueError(f"'{self.kind}' needs a value")
        return self

    @cached_property
    def kind(self) -> str:
        """The key that this condition has."""
        return next(iter(self.model_fields_set))

    @cached_property
    def written(self) -> str:
        """As the rule file says it."""
        return f"{self.kind}: {_written(getattr(self, self.kind))}"


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, value))
        case BaseModel():
            return ", ".join(f"{key} {_written(found)}" for key, found in value if found is not None)
    return str(value)


class When(Section):
    """`all` must hold, at least one of `any`, and nothing of `none`; each is a plain list of conditions."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> "When":
        empty = [name for name in self.model_fields_set if not getattr(self, name)]
        if empty or not self.model_fields_set:
            what = f"'{min(empty)}'" if empty else "'when'"
            raise ValueError(f"{what} has no conditions; leave 'when' out for a rule that always matches")
        return self


class Then(Section):
    """What is done with a message; nothing is implied that is not written."""

    folder: Name = Field(description="A role (urgent, review, …) or an extra folder of the office's settings.")
    reply: Name = Field(description="The template of the automatic reply; none for no reply.")
    flag: bool = Field(False, description="Mark it as important in the managers' mail program (\\Flagged).")
    keywords: Keywords = Field((), description="IMAP keywords, such as $Urgent.")
    forward: Name | None = Field(None, description="A unit of the office's settings.")
    notify: Contacts = Field((), description="Contacts of the office's settings.")
    respond_within: Within | None = Field(
        None, description="When a person must have answered: '4 working hours', '2 working days'."
    )
    hold: bool = Field(False, description="Reply and forward wait until a person releases them.")


class AlwaysThen(Section):
    """What is added to whatever the winner does: tags, and people told; nothing that could undo it."""

    keywords: Keywords = Field((), description="IMAP keywords, such as $Court.")
    notify: Contacts = Field((), description="Contacts of the office's settings.")

    @model_validator(mode="after")
    def _adds_something(self) -> "AlwaysThen":
        if not (self.keywords or self.notify):
            raise ValueError("expected keywords, notify, or both")
        return self


class Matching(Section):
    """What a message may match; its id is recorded with every decision that it has a part in."""

    id: Name
    description: Description = Field(description="What it does and why.")
    when: When | None = Field(None, description="Left out: the rule matches every message.")
    justification: Justification | None = Field(
        None, description="Why a rule that looks at who the sender is does so; listed in every report."
    )


class Rule(Matching):
    """One rule, of which exactly one wins."""

    enforce: bool = Field(True, description="false: a trial, whose winning is recorded and nothing of it done.")
    then: Then


class Must(Section):
    """What a message must get at the least."""

    reply: Literal["any"] | None = Field(None, description="Some automatic reply, whichever.")
    flag: Literal[True] | None = Field(None, description="It is marked as important.")
    notify: Contacts = Field((), description="These contacts are told, maybe others too.")
    not_in: Roles = Field((), description="It is not filed in these folders.")
    respond_within: Within | None = Field(None, description="A person must have answered no later than this.")

    @model_validator(mode="after")
    def _some_duty(self) -> "Must":
        if not any(value for _, value in self):
            raise ValueError("'must' asks for nothing; expected reply, flag, notify, not_in or respond_within")
        return self


class Floor(Section):
    """What no rule of any office may go under: `when` and `must`, or `reply` and `only_when`."""

    id: Name
    description: Description = Field(description="What it protects, and why.")
    when: When | None = Field(None, description="The messages that are protected.")
    must: Must | None = Field(None, description="What they get, whichever rule wins.")
    reply: Name | None = Field(None, description="A template that is not for everybody.")
    only_when: When | None = Field(None, description="The only messages that it may be sent to.")

    @model_validator(mode="after")
    def _one_shape(self) -> "Floor":
        given = {name for name in ("when", "must", "reply", "only_when") if getattr(self, name) is not None}
        if given not in ({"when", "must"}, {"reply", "only_when"}):
            raise ValueError("expected either 'when' and 'must', or 'reply' and 'only_when'")
        return self

    @property
    def condition(self) -> str:
        """The key that its conditions stand under."""
        return "when" if self.must else "only_when"

    @property
    def asked(self) -> When:
        """Its conditions."""
        return cast("When", getattr(self, self.condition))


class Always(Matching):
    """Something added to what is done, whichever rule wins; all that match are."""

    then: AlwaysThen


def _some(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if not rules:
        raise ValueError("expected at least one rule")
    return rules


class RulesFile(Section):
    """A file of rules, in order."""

    rules: Annotated[tuple[Rule, ...], AfterValidator(_some)]
    floors: tuple[Floor, ...] = ()
    parameters: Parameters = Field({}, description="Values that rules name as ${name}, and that an office may set.")
    always: tuple[Always, ...] = Field((), description="What is added, whichever rule wins.")
