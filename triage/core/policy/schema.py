"""What a rules file can say: ordered rules, the first that matches wins. Unknown keys are refused."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, cast

import re2
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from triage.core.facts.record import Act, Authentication, DecisionKind, Harm, Topic
from triage.core.labels import UNSURE, Label
from triage.core.located_yaml import nearest
from triage.core.message import Language
from triage.core.office import Role
from triage.core.screening import MachineKind
from triage.core.working_time import OfficeTime, WorkingTime, parse_working_time

ANY = "any"
NO_REPLY = "none"
# How a rule names a parameter, as the whole value of a key.
PARAMETER = re.compile(r"\$\{([a-z][a-z0-9_-]*)\}")
# Longer patterns are lists of addresses or words, which belong in conditions of their own.
LONGEST_PATTERN = 500
# A year of working days: no deadline is read that is farther off.
MOST_WORKING_DAYS = 260
_PATTERN_MEMORY = 1 << 20  # bytes for one compiled pattern; RE2 refuses what would need more

Verdict = Literal["urgent", "serious_error", "reconsideration", "webform", "unsure"]
FactName = Literal[
    "identifier",
    "date",
    "deadline",
    "decision",
    "asks_to_reopen",
    "prior_enquiry",
    "representative",
    "harm",
    "office-error",
    "attachment",
]
Answered = Literal["our-reply", "an-exchange"]
VERDICTS = (*(label.value for label in Label), UNSURE)
FACT_NAMES: tuple[str, ...] = FactName.__args__  # type: ignore[attr-defined]


def names(what: str, known: Iterable[str]) -> Callable[[object], tuple[str, ...]]:
    """Make a reader of one name or a list of names, that tells the nearest name where one is unknown."""
    allowed = tuple(known)

    def read(value: object) -> tuple[str, ...]:
        given = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        for name in given:
            if name not in allowed:
                raise ValueError(f"'{name}' is not {what}{nearest(str(name), allowed)}")
        if not given:
            raise ValueError(f"the list is empty; expected at least one that is {what}")
        return tuple(str(name) for name in given)

    return read


def listed(value: object) -> object:
    """One value, or a list of values, as a list."""
    return value if isinstance(value, (list, tuple)) else (value,)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """Compile a pattern of RE2 (linear time, whatever the message); case does not matter. Raises re2.error."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    return re2.compile(pattern, options)


def _pattern(text: str) -> str:
    try:
        compiled(text)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(f"not a pattern of RE2 ({said}); look-around and back-references do not exist there") from None
    return text


def _working_time(value: object) -> WorkingTime:
    return value if isinstance(value, WorkingTime) else parse_working_time(str(value))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"'{text}' is not a name: lower-case letters, digits, - and _, a letter first")
    return text


def _parameter(value: object) -> object:
    for one in value if isinstance(value, list) and value else [value]:
        if not isinstance(one, Scalar):
            raise ValueError("expected one value, or a list of values")  # noqa: TRY004 - pydantic gathers ValueErrors
        if isinstance(one, str) and PARAMETER.search(one):
            raise ValueError("a parameter's value cannot name another parameter")
    return value


_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
Name = Annotated[str, AfterValidator(_name)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PATTERN), AfterValidator(_pattern)]
Description = Annotated[str, StringConstraints(min_length=10)]
# A sentence that somebody answers for, not a word that ends the complaint.
Justification = Annotated[str, StringConstraints(strip_whitespace=True, min_length=30)]
Keyword = Annotated[str, StringConstraints(pattern=r"^\$?[A-Za-z][A-Za-z0-9_-]{0,62}$")]
Scalar = str | int | float | bool
ParameterValue = Annotated[Any, BeforeValidator(_parameter, json_schema_input_type=Scalar | list[Scalar])]
Parameters = dict[Name, ParameterValue]
Probability = Annotated[float, Field(ge=0, le=1)]
Within = Annotated[WorkingTime, BeforeValidator(_working_time, json_schema_input_type=str)]

_AUTHENTICATION = tuple(found.value for found in Authentication)
_LANGUAGES = tuple(language.value for language in Language)
_TOPICS = tuple(topic.value for topic in Topic)
_HARMS = tuple(harm.value for harm in Harm)
_ACTS = tuple(act.value for act in Act)
_DECISIONS = tuple(kind.value for kind in DecisionKind)
_TIMES = tuple(time.value for time in OfficeTime)
_ROLES = tuple(role.value for role in Role)
_MACHINES = (ANY, *(kind.value for kind in MachineKind))
Verdicts = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a label, nor unsure", VERDICTS), json_schema_input_type=Verdict | list[Verdict]),
]
Machines = Annotated[
    tuple[str, ...],
    BeforeValidator(
        names("a kind of machine mail", _MACHINES),
        json_schema_input_type=Literal["any"] | MachineKind | list[MachineKind],
    ),
]
Authentications = Annotated[
    tuple[str, ...],
    BeforeValidator(
        names("a result of authentication", _AUTHENTICATION),
        json_schema_input_type=Authentication | list[Authentication],
    ),
]
Languages = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a language", _LANGUAGES), json_schema_input_type=Language | list[Language]),
]
FactNames = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a fact", FACT_NAMES), json_schema_input_type=FactName | list[FactName]),
]
Topics = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a topic", _TOPICS), json_schema_input_type=Topic | list[Topic]),
]
Harms = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a harm", _HARMS), json_schema_input_type=Harm | list[Harm]),
]
Acts = Annotated[
    tuple[str, ...],
    BeforeValidator(names("an error of the office", _ACTS), json_schema_input_type=Act | list[Act]),
]
Decisions = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a kind of decision", _DECISIONS), json_schema_input_type=DecisionKind | list[DecisionKind]),
]
Times = Annotated[
    tuple[str, ...],
    BeforeValidator(names("a time of the office", _TIMES), json_schema_input_type=OfficeTime | list[OfficeTime]),
]
Roles = Annotated[
    tuple[str, ...],
    BeforeValidator(names("the role of a folder", _ROLES), json_schema_input_type=Role | list[Role]),
]
Offices = Annotated[tuple[Name, ...], BeforeValidator(listed, json_schema_input_type=Name | list[Name])]
Contacts = Annotated[tuple[Name, ...], BeforeValidator(listed, json_schema_input_type=Name | list[Name])]
Keywords = Annotated[tuple[Keyword, ...], BeforeValidator(listed, json_schema_input_type=Keyword | list[Keyword])]


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


def _domain(text: str) -> str:
    if "@" in text or not text.strip("."):
        raise ValueError(f"'{text}' is no domain; expected one such as courts.example")
    return text.strip(".").lower()


def _address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not (local and at and domain):
        raise ValueError(f"'{text}' is no address; expected one such as registry@courts.example")
    return text.lower()


Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...],
    BeforeValidator(listed, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]
Domains = Annotated[
    tuple[Annotated[str, AfterValidator(_domain)], ...],
    BeforeValidator(listed, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]


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
