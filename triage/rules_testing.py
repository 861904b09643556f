"""Runs the tests that stand beside the rules: files → cases → decisions, each held to what its test expects."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime
from pathlib import Path

from triage.core import mime
from triage.core.classification import Classifier
from triage.core.located_yaml import Document, Problem, nearest, parse_yaml, validate
from triage.core.office import Office
from triage.core.policy.book_checking import without_effect
from triage.core.policy.case import Case
from triage.core.policy.coverage import RuleCoverage, cover
from triage.core.policy.deciding import decide
from triage.core.policy.judging import Difference, differences, why_not, why_not_on_trial
from triage.core.policy.loading import RESERVED, Rulebook
from triage.core.policy.rule_tests import ALL, NOTHING, GivenMessage, RuleTest, RuleTestsFile
from triage.core.policy.staging import blank_case, staged
from triage.errors import ConfigurationError
from triage.offline import no_office
from triage.pipeline import Reading, classify, examine
from triage.rules_folder import read_rules_in
from triage.settings import SHIPPED_MODEL, Settings
from triage.settings_file import load_settings

TESTS = "tests"  # folder of the rules folder
OFFICES = "offices.yaml"  # in it: the offices that tests are run at where no other settings are named
DEFAULT_TESTS = "*.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """One test with its place."""

    test: RuleTest
    document: Document
    number: int  # in its file, from 0
    offices: tuple[str, ...]  # ids, or "all"

    @property
    def line(self) -> int:
        """Where it stands in its file."""
        return self.document.place(("tests", self.number))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One test at one office."""

    file: str
    line: int
    name: str
    office: str
    rule: str  # that won
    differences: tuple[Difference, ...]  # empty: it passed
    why: tuple[str, ...] = ()  # why the expected rule did not win, if it did not

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A run of tests."""

    outcomes: tuple[Outcome, ...]
    coverage: tuple[RuleCoverage, ...]
    impossible: Mapping[str, str]  # by rule that no test could let win: why
    seconds: float
    trouble: str = ""  # why there is no model, where a test needs one


def run_tests(
    files: Sequence[Path], rules: Path, *, config: Path | None = None, office: str | None = None, wanted: str = ""
) -> Results:
    """Run the tests of the files, or of the rules folder; `wanted` is a part of a test's name, rule or file.

    Raises ConfigurationError with every problem in rules, settings and tests.
    """
    began = time.perf_counter()
    book, settings = read_rules_in(rules), offices_of(rules, config)
    offices = [one.profile() for one in settings.offices] if settings else [no_office()]
    located, problems = _located(files or sorted((rules / TESTS).glob(DEFAULT_TESTS)))
    ids = [one.id for one in offices]
    problems += [problem for one in located for problem in _unknown_names(one, book, offices)]
    if office and office not in ids:
        problems.append(Problem(file="--office", message=f"no office '{office}'{nearest(office, ids)}"))
    chosen = [one for one in located if _is_wanted(one, wanted)]
    if not chosen and not problems:
        message = f"no test has '{wanted}' in its name, rule or file" if wanted else f"there are no tests in {rules}"
        problems.append(Problem(file="--filter" if wanted else TESTS, message=message))
    if problems:
        raise ConfigurationError(problems)
    cases, trouble = _classified(
        [
            (one, _case(one, at, settings))
            for one in chosen
            for at in offices
            if _is_at(one, at) and (not office or at.id == office)
        ],
        settings,
    )
    outcomes = tuple(_outcome(one, case, book) for one, case in cases)
    return Results(
        outcomes=outcomes,
        coverage=cover((book.for_office(case.office.id), case) for _, case in cases),
        impossible={rule: found[-1].message for rule, found in without_effect(book, ids)[0].items()},
        seconds=time.perf_counter() - began,
        trouble=trouble,
    )


def offices_of(rules: Path, config: Path | None) -> Settings | None:
    """Give the settings that name the offices: of `config`, else those beside the tests, else none."""
    file = offices_file(rules, config)
    return load_settings(file) if file else None


def offices_file(rules: Path, config: Path | None) -> Path | None:
    """Give the file of these settings."""
    beside = rules / TESTS / OFFICES
    return config or (beside if beside.is_file() else None)


def _located(files: Sequence[Path]) -> tuple[list[Located], list[Problem]]:
    located: list[Located] = []
    problems: list[Problem] = []
    for file in files:
        if file.name == OFFICES:
            continue
        try:
            document = parse_yaml(file.read_text(encoding="utf-8"), file=str(file))
        except (OSError, UnicodeDecodeError) as error:
            document = Problem(file=str(file), message=f"cannot be read: {error}")
        parsed = [document] if isinstance(document, Problem) else validate(document, RuleTestsFile)
        if isinstance(document, Problem) or isinstance(parsed, list):
            problems += parsed if isinstance(parsed, list) else []
            continue
        for number, test in enumerate(parsed.tests):
            timed = test if test.now else test.model_copy(update={"now": parsed.now})
            offices = parsed.offices if test.offices is None else test.offices
            located.append(Located(test=timed, document=document, number=number, offices=offices))
    return located, problems


def _is_wanted(one: Located, wanted: str) -> bool:
    said = (one.test.name, one.test.expect.rule or "", one.document.file)
    return any(wanted.casefold() in text.casefold() for text in said)


def _is_at(one: Located, office: Office) -> bool:
    return ALL in one.offices or office.id in one.offices


def _unknown_names(one: Located, book: Rulebook, offices: Sequence[Office]) -> Iterator[Problem]:
    """Names under `expect` that no rule and no office has: a test with one could only ever fail."""
    here, expect = ("tests", one.number), one.test.expect
    for name in one.offices:
        if name not in (ids := {ALL, *(office.id for office in offices)}):
            place = (*here, "offices") if one.test.offices else ("offices",)
            yield one.document.problem(place, f"no office '{name}'{nearest(name, ids)}")
    there = [office for office in offices if _is_at(one, office)]
    rule_sets = [book.for_office(office.id) for office in there] or [book.default]
    rules = {*RESERVED, *(rule.id for rule_set in rule_sets for rule in rule_set.rules)}
    if expect.rule and expect.rule not in rules:
        yield one.document.problem((*here, "expect", "rule"), f"no rule '{expect.rule}'{nearest(expect.rule, rules)}")
    for key, what, known in (
        ("folder", "folder", {name for office in there for name in office.folders}),
        ("reply", "template", {NOTHING, *book.default.templates.names()}),
        ("forward", "unit", {NOTHING, *(unit for office in there for unit in office.units)}),
        ("always", "id under 'always'", {NOTHING, *(one.id for found in rule_sets for one in found.always)}),
        ("on_trial", "rule on trial", {NOTHING, *(r.id for found in rule_sets for r in found.rules if not r.enforce)}),
        ("notify", "contact", {name for office in there for name in office.contacts}),
    ):
        given = getattr(expect, key) or ()
        for name in (given,) if isinstance(given, str) else given:
            if name not in known:
                yield one.document.problem((*here, "expect", key), f"no {what} '{name}'{nearest(name, known)}")
    if one.test.eml and not _beside(one, one.test.eml).is_file():
        yield one.document.problem((*here, "eml"), f"no such file: {_beside(one, one.test.eml)}")


def _beside(one: Located, name: str) -> Path:
    return Path(one.document.file).parent / name


def _classified(cases: list[tuple[Located, Case]], settings: Settings | None) -> tuple[list[tuple[Located, Case]], str]:
    """Ask the model about texts whose label no test gives; it is loaded only then."""
    asked = [number for number, (one, case) in enumerate(cases) if _is_for_model(one, case)]
    classifier, trouble = _classifier(settings) if asked else (None, "")
    if classifier:
        readings = [Reading(message=case.message, screening=case.screening, facts=case.facts) for _, case in cases]
        answers = classify([readings[number] for number in asked], classifier)
        for number, answer in zip(asked, answers, strict=True):
            one, case = cases[number]
            cases[number] = one, replace(case, classification=answer.classification)
    return cases, trouble


def _is_for_model(one: Located, case: Case) -> bool:
    has_text = bool(one.test.message or one.test.eml) and one.test.given.label is None
    return has_text and case.screening.kind is None and not case.message.unparseable


def _classifier(settings: Settings | None) -> tuple[Classifier | None, str]:
    # Loading it costs more than two hundred tests that give the label themselves.
    from classifiers import artifact  # noqa: PLC0415

    if settings is None:
        return artifact.load_or_say(SHIPPED_MODEL)
    return artifact.load_or_say(settings.model, settings.error_budget)


def _case(one: Located, office: Office, settings: Settings | None) -> Case:
    assert one.test.now is not None
    blank = blank_case(office, one.test.now.replace(tzinfo=office.zone))
    if not (one.test.message or one.test.eml):
        return staged(blank, one.test.given)
    raw = _written(one.test.message, blank) if one.test.message else _beside(one, one.test.eml or "").read_bytes()
    own_addresses = settings.own_addresses() if settings else frozenset({office.address})
    reading = examine(mime.read_message(raw), office, own_addresses)
    case = replace(blank, message=reading.message, raw=raw, screening=reading.screening, facts=reading.facts)
    return staged(case, one.test.given)


def _written(given: GivenMessage, blank: Case) -> bytes:
    """The message as bytes; what `headers` says stands instead of what is written here."""
    sent = given.date.replace(tzinfo=blank.office.zone) if given.date else blank.now
    fields = {
        "From": given.from_,
        "To": given.to or blank.office.address,
        "Subject": given.subject,
        "Date": format_datetime(sent),
        "Message-ID": "<test@mail.example>",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "MIME-Version": "1.0",
    }
    said = {name.lower() for name in given.headers}
    lines = [(name, value) for name, value in fields.items() if name.lower() not in said] + [*given.headers.items()]
    head = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in lines)
    return f"{head}\r\n{given.body}".encode("utf-8", "surrogatepass")


def _outcome(one: Located, case: Case, book: Rulebook) -> Outcome:
    rule_set = book.for_office(case.office.id)
    decision = decide(rule_set, case)
    expect = one.test.expect
    wrong = differences(expect, decision, case)
    return Outcome(
        file=one.document.file,
        line=one.line,
        name=one.test.name,
        office=case.office.id,
        rule=decision.rule,
        differences=wrong,
        why=tuple(
            sentence
            for what, say in (("rule", why_not), ("on_trial", why_not_on_trial))
            if any(one.what == what for one in wrong) and (wanted := getattr(expect, what)) not in {*RESERVED, NOTHING}
            for sentence in say(wanted, rule_set.rules, case, decision)
        ),
    )
