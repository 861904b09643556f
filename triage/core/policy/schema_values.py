"""The kinds of values that keys of rules have: names, lists of known words, patterns, addresses, spans of time."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, Any, Literal

import re2
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from triage.core.facts.record import Act, Authentication, DecisionKind, Harm, Topic
from triage.core.labels import UNSURE, Label
from triage.core.located_yaml import nearest
from triage.core.message import Language
from triage.core.office import Role
from triage.core.screening import MachineKind
from triage.core.working_time import OfficeTime, WorkingTime, parse_working_time

ANY = "any"
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
