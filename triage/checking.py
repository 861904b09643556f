"""`triage check` and `triage health`: is all as it should be, and what is to be done where it is not?"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from classifiers import artifact
from triage.core.office import Mode
from triage.errors import ConfigurationError, TriageError
from triage.health import judge, read_health
from triage.mailbox.connection import Mailbox
from triage.parts import account_of, database_of
from triage.problem_printing import show_problems
from triage.reports import justified
from triage.rules_checking import Checked, check_rules
from triage.second_opinion import allowed_of, opinion_of
from triage.settings import HealthSettings, OfficeSettings, Settings
from triage.settings_file import load_settings, unreadable_secrets


def check_all(config: Path, *, connect: bool, console: Console) -> bool:
    """Check everything and say what was found; whether nothing is wrong. Raises ConfigurationError for triage.yaml."""
    settings = load_settings(config)
    console.print(Text(f"✔ {config}: {len(settings.offices)} offices"))
    checks: list[Callable[[Settings, Console], bool]] = [_check_secrets, _check_rules, _check_model, _check_ledger]
    if settings.second_opinion:
        checks.append(_check_second_opinion)
    well = [check(settings, console) for check in checks]
    if connect:
        well += [_check_server(office, console) for office in settings.offices]
    return all(well)


def show_health(settings: HealthSettings, *, console: Console, as_json: bool) -> bool:
    """Say how the mail of each office does; whether all is well."""
    now = datetime.now(UTC)
    health = read_health(settings.file)
    if health is None:
        sentence = f"no daemon has written {settings.file}; is `triage run` running?"
        console.print(json.dumps({"well": False, "service": [sentence]}) if as_json else Text(sentence, style="red"))
        return False
    found = judge(health, settings, now=now)
    well = not any(found.values())
    if as_json:
        record = {"well": well, "service": found[""], "offices": {}}
        record |= {"failed_effects": health.failed_effects, "waiting_effects": health.waiting_effects}
        record["offices"] = {name: {**asdict(office), "wrong": found[name]} for name, office in health.offices.items()}
        console.print_json(json.dumps(record, default=str))
        return well
    table = Table(box=None, header_style="bold")
    for column in ("office", "mode", "watch", "rules", "last sweep (UTC)", "wrong"):
        table.add_column(column)
    for name, office in health.offices.items():
        swept = f"{office.swept_at:%Y-%m-%d %H:%M:%S}" if office.swept_at else "never"
        wrong = Text("; ".join(found[name]) or "-", style="red" if found[name] else "green")
        table.add_row(name, office.mode, office.state, office.rules, swept, wrong)
    console.print(table)
    for sentence in found[""]:
        console.print(Text(sentence, style="red"), soft_wrap=True)
    for name, office in health.offices.items():
        if office.held and office.held_since:
            told = f"{name}: {office.held} replies and forwards are held since {office.held_since:%Y-%m-%d %H:%M} UTC"
            console.print(Text(f"{told}; see triage effects list", style="yellow"))
    for count, what in ((health.failed_effects, "failed"), (health.waiting_effects, "are tried again")):
        if count:
            console.print(Text(f"{count} effects {what}; see triage effects list", style="yellow"))
    return well


def _check_secrets(settings: Settings, console: Console) -> bool:
    problems = unreadable_secrets(settings)
    for problem in problems:
        console.print(Text(f"✘ {problem}", style="red"))
    if not problems:
        console.print("✔ secrets: all references can be read")
    return not problems


def _check_rules(settings: Settings, console: Console) -> bool:
    try:
        checked = check_rules(settings.rules, settings)
        if not checked.problems:
            console.print(Text(f"✔ {settings.rules}: {checked.rules} rules, digest {checked.digest[:12]}"))
    except ConfigurationError as error:
        checked = Checked(problems=error.problems)
    show_problems(checked.problems, console, settings=None, mark="✘ ")
    show_problems(checked.warnings, console, settings=None, mark="! ", style="yellow")
    justified.show(checked.justified, console)
    return not checked.problems


def _check_model(settings: Settings, console: Console) -> bool:
    classifier, trouble = artifact.load_or_say(settings.model, settings.error_budget)
    if classifier is None:
        console.print(Text(f"✘ {trouble}", style="red"))
        return False
    console.print(Text(f"✔ model {classifier.version}"))
    return True


def _check_second_opinion(settings: Settings, console: Console) -> bool:
    asked, (classifier, _) = settings.second_opinion, artifact.load_or_say(settings.model, settings.error_budget)
    try:
        if asked is None or classifier is None or not opinion_of(asked):
            return True
    except ConfigurationError as error:
        console.print(Text(f"✘ {error}", style="red"))
        return False
    allowed, why_nothing = allowed_of(asked, classifier, settings.error_budget)
    settles = f"settles {', '.join(sorted(allowed.labels))}" if allowed.labels else f"settles nothing: {why_nothing}"
    console.print(Text(f"✔ second opinion of {asked.plugin}: {settles}"))
    return True


def _check_ledger(settings: Settings, console: Console) -> bool:
    try:
        database = database_of(settings)
        found, expected = database.revisions()
    except TriageError as error:
        console.print(Text(f"✘ {error}", style="red"))
        return False
    if found is not None and found != expected:
        console.print(
            Text(f"✘ {database.name}: schema {found}, expected {expected}; run triage db upgrade", style="red")
        )
        return False
    console.print(Text(f"✔ {database.name}: " + (f"schema {found}" if found else "new; made by the first run")))
    return True


def _check_server(office: OfficeSettings, console: Console) -> bool:
    try:
        with Mailbox.connect(account_of(office)) as mailbox:
            opened = mailbox.open("INBOX", readonly=True)
            folders, quota = mailbox.folders(), mailbox.quota()
            missing = [name for name in office.folder_names().values() if name not in folders]
    except TriageError as error:
        console.print(Text(f"✘ office {office.id}: {error}", style="red"))
        return False
    can = {"IDLE": mailbox.can_idle, "MOVE": mailbox.can_move, "UIDPLUS": mailbox.can_expunge_by_uid}
    console.print(Text(f"✔ office {office.id} ({office.mode.value}): {opened.exists} messages in INBOX"))
    console.print(Text("    " + ", ".join(f"{name} {'yes' if yes else 'no'}" for name, yes in can.items())))
    console.print(Text(f"    capabilities: {' '.join(sorted(mailbox.capabilities))}"))
    console.print(Text(f"    folders: {', '.join(folders)}"))
    if missing:
        when = "made when the daemon starts" if office.mode is Mode.LIVE else "made when the office goes live"
        console.print(Text(f"    missing folders: {', '.join(missing)} ({when})", style="yellow"))
    console.print(Text(f"    quota: {quota or 'none told'}"))
    return True
