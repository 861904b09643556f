"""Shows people why: one message's way through the pipeline, and what the ledger has of it."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from classifiers.opinions import Advice
from triage.attachments.reader import AttachmentReader
from triage.core.classification import Classifier
from triage.core.effects import AddFlags, Call, Effect, Forward, MoveTo, Notify, Reply
from triage.core.facts.record import Facts, Span
from triage.core.located_yaml import Problem
from triage.core.message import Attachment
from triage.core.policy.decision import OnTrial, RuleTrial
from triage.core.triaged import Triaged
from triage.errors import ConfigurationError
from triage.ledger.records import LedgerEntry
from triage.offline import messages_in
from triage.pipeline import Incoming, Setup, triage


def explain_message(file: Path, setup: Setup, classifier: Classifier | None, advice: Advice | None = None) -> Triaged:
    """Triage one file as its office would, now, without history and without effects. Raises ConfigurationError."""
    if str(file) != "-" and not file.is_file():
        raise ConfigurationError([Problem(file=str(file), message="no such file; name an .eml file, or - for stdin")])
    _, raw = next(iter(messages_in([file])))
    with closing(AttachmentReader()) as opener:
        now = datetime.now(UTC)
        return triage([Incoming(raw=raw)], setup, classifier, now=now, advice=advice, opener=opener)[0]


def as_json(triaged: Triaged) -> Mapping[str, Any]:
    """All of it as JSON-ready values; identifiers are masked."""
    message, decision, found = triaged.message, triaged.decision, triaged.classification
    return {
        "message": {
            "digest": message.digest,
            "message_id": message.message_id,
            "date": message.date.isoformat() if message.date else None,
            "subject": message.subject,
            "language": message.language.value,
            "body": asdict(message.body),
            "attachments": [asdict(attachment) for attachment in message.attachments],
            "defects": message.defects,
            "unparseable": message.unparseable,
        },
        "machine": triaged.screening.kind.value if triaged.screening.kind else None,
        "machine_because": triaged.screening.because,
        "facts": triaged.facts.to_record(),
        "classification": {
            "label": found.label.value,
            "decision": str(found.decision),
            "probabilities": {label.value: p for label, p in found.probabilities.items()},
            "evidence": [asdict(one) for one in found.evidence],
            "why_unsure": found.why_unsure,
            "model": found.model,
        }
        if found
        else None,
        "decision": {
            "rule": decision.rule,
            "reason": decision.reason.value,
            "sentence": decision.reason.sentence,
            "folder": decision.folder,
            "reference": decision.reference,
            "due_at": decision.due_at.isoformat() if decision.due_at else None,
            "notes": decision.notes,
            "rules_tried": [asdict(trial) for trial in decision.trials],
            "always": decision.always,
            "always_tried": [asdict(trial) for trial in decision.always_tried],
            "on_trial": _trial_record(decision.on_trial) if decision.on_trial else None,
            "rule_set": decision.rule_set,
        },
        "plan": [_effect_record(effect) for effect in decision.plan],
    }


def show(triaged: Triaged, console: Console) -> None:
    """Print one message's way through the pipeline, for reading from top to bottom."""
    _show_message(triaged, console)
    _show_facts(triaged.facts, console)
    _show_classification(triaged, console)
    _show_rules(triaged, console)
    _show_plan(triaged, console)


def _show_message(triaged: Triaged, console: Console) -> None:
    message = triaged.message
    _heading(console, "What was read")
    table = _plain_table()
    table.add_row("subject", Text(message.subject or "(none)"))
    table.add_row("date", f"{message.date or '(none)'} (from {message.date_source.value})")
    table.add_row("language", message.language.value)
    for part in ("newest", "quoted", "forwarded", "signature", "disclaimer"):
        if text := getattr(message.body, part):
            table.add_row(part, Text(_shortened(text)))
    for attachment in message.attachments:
        name, outcome = attachment.name or "(no name)", _opened(attachment)
        table.add_row("attachment", Text(f"{name}, {attachment.content_type}, {attachment.size} bytes; {outcome}"))
    for defect in message.defects:
        table.add_row("defect", Text(defect, style="yellow"))
    if triaged.screening.kind:
        table.add_row("machine mail", Text(f"{triaged.screening.kind.value}: {triaged.screening.because}"))
    console.print(table)


def _show_facts(facts: Facts, console: Console) -> None:
    _heading(console, "Facts, with the words they came from")
    table = _plain_table()
    for found in facts.identifiers:
        table.add_row(f"{found.kind} number", found.masked)
    for date in facts.dates:
        what = f" ({date.event.value})" if date.event else ""
        marks = "".join(f", {word}" for word, on in (("past", date.past), ("a demand", date.demanded)) if on)
        when = f"{date.date}, {date.days_away:+d} days{what}{marks}"
        table.add_row("deadline" if date is facts.deadline else "date", Text(f"{when}  «{_words(date.span)}»"))
    for decision in facts.decisions:
        table.add_row("decision mentioned", Text(f"{decision.kind.value}  «{_words(decision.span)}»"))
    for name, span in (
        ("asks to look again", facts.asks_to_reopen),
        ("channel tried before", facts.prior_enquiry),
        ("representative", facts.representative),
    ):
        table.add_row(name, Text(f"«{_words(span)}» ({span.where})" if span else "no"))
    for name, kinds in (("harms named", facts.harms), ("office's acts", facts.acts), ("topics", facts.topics)):
        table.add_row(name, Text("; ".join(f"{one.kind.value} «{_words(one.span)}»" for one in kinds) or "none"))
    table.add_row("sender's domain", facts.authentication.value)
    console.print(table)


def _show_classification(triaged: Triaged, console: Console) -> None:
    _heading(console, "Classification")
    found = triaged.classification
    if found is None:
        console.print("not classified: " + ("machine mail" if triaged.screening.kind else "unreadable, or no model"))
        return
    table = _plain_table()
    for label, probability in sorted(found.probabilities.items(), key=lambda item: -item[1]):
        table.add_row(label.value, f"{probability:6.1%} {'█' * round(probability * 30)}")
    console.print(table)
    console.print(Text(f"decided: {found.decision}" + (f": {found.why_unsure}" if found.why_unsure else "")))
    for one in found.evidence:
        console.print(Text(f"  {one.weight:+.2f} for {one.label.value}: {one.text}"))
    console.print(Text(f"  by model {found.model}", style="dim"))


def _show_rules(triaged: Triaged, console: Console) -> None:
    _heading(console, "Rules tried, in order")
    decision = triaged.decision
    for trial in decision.trials:
        _show_trial(trial, console)
    if decision.on_trial:
        console.print(Text(_trial_words(decision.on_trial), style="yellow"))
    if decision.always_tried:
        console.print("added, whichever rule wins:")
    for trial in decision.always_tried:
        _show_trial(trial, console)
    console.print(Text(f"→ {decision.rule}: {decision.reason.sentence} [{decision.reason.value}]"))
    for note in decision.notes:
        console.print(Text(f"  note: {note}", style="yellow"))


def _show_trial(trial: RuleTrial, console: Console) -> None:
    mark, name = "✔" if trial.matched else "·", trial.rule if trial.enforced else f"{trial.rule} (on trial)"
    console.print(Text(f"{mark} {name}", style="green" if trial.matched and trial.enforced else ""))
    for condition in trial.conditions:
        verdict = "yes" if condition.matched else "no"
        console.print(Text(f"    {condition.condition}? {verdict}: {condition.found}", style="dim"))


def _trial_words(trial: OnTrial) -> str:
    due = f", due {trial.due_at:%Y-%m-%d %H:%M} UTC" if trial.due_at else ""
    return f"trial rule {trial.rule} would have won: folder '{trial.folder}', reply {trial.reply}{due}"


def _trial_record(trial: OnTrial) -> Mapping[str, Any]:
    return asdict(trial) | {"due_at": trial.due_at.isoformat() if trial.due_at else None}


def _show_plan(triaged: Triaged, console: Console) -> None:
    decision = triaged.decision
    _heading(console, f"Plan, under reference {decision.reference}")
    if decision.due_at:
        console.print(f"a person must answer by {decision.due_at:%Y-%m-%d %H:%M} UTC")
    for effect in decision.plan:
        console.print(Text(f"- {_effect_words(effect)}"))
    for effect in decision.plan:
        if isinstance(effect, Reply):
            _heading(console, "The reply as it would be sent")
            console.print(Text(readable(effect.mail.content)))


def readable(content: bytes) -> str:
    """A composed mail for people: its headers, and its text decoded."""
    parsed = message_from_bytes(content, policy=default)
    lines = [f"{name}: {value}" for name, value in parsed.items() if not name.lower().startswith("content-")]
    body = parsed.get_body(("plain",))
    return "\n".join(lines) + "\n\n" + (body.get_content() if body else "")


_HELD = ", held until a person releases it"


def _effect_words(effect: Effect) -> str:
    match effect:
        case MoveTo(folder=folder):
            return f"move to the folder '{folder}'"
        case AddFlags(flags=flags):
            return f"set {' '.join(flags)}"
        case Reply(template=template, language=language, held=held):
            return f"reply with {template} ({language}){_HELD if held else ''}"
        case Forward(unit=unit, held=held):
            return f"forward to the unit '{unit}'{_HELD if held else ''}"
        case Notify(contact=contact):
            return f"notify '{contact}'"
        case Call(contact=contact):
            return f"notify '{contact}' by its webhook"


def _effect_record(effect: Effect) -> Mapping[str, Any]:
    kind = type(effect).__name__
    match effect:
        case Reply(mail=mail) | Forward(mail=mail) | Notify(mail=mail):
            fields = {name: getattr(effect, name) for name in effect.__dataclass_fields__ if name != "mail"}
            return {"effect": kind, **fields, "message_id": mail.message_id, "as_sent": readable(mail.content)}
        case Call(contact=contact, call=call):
            return {"effect": kind, "contact": contact, "id": call.key, "as_sent": json.loads(call.content)}
        case _:
            return {"effect": kind, **asdict(effect)}


def entries_as_json(entries: Sequence[LedgerEntry]) -> list[Mapping[str, Any]]:
    """Ledger entries as JSON-ready values."""
    return [json.loads(json.dumps(asdict(entry), default=str)) for entry in entries]


def show_entries(entries: Sequence[LedgerEntry], console: Console) -> None:
    """Print ledger entries, a line each."""
    table = Table(box=None, header_style="bold")
    for column in ("reference", "office", "decided (UTC)", "decision", "rule", "folder", "due (UTC)", "mode"):
        table.add_column(column, no_wrap=column == "reference", overflow="fold")
    for entry in entries:
        table.add_row(
            entry.reference,
            entry.office,
            f"{entry.decided_at:%Y-%m-%d %H:%M}",
            entry.verdict or entry.machine or "-",
            entry.rule,
            entry.folder,
            f"{entry.due_at:%Y-%m-%d %H:%M}" if entry.due_at else "-",
            f"{entry.mode}, {entry.held} held" if entry.held else entry.mode,
        )
    console.print(table)


def show_entry(entry: LedgerEntry, console: Console) -> None:
    """Print all of one ledger entry."""
    table = _plain_table()
    for name, value in asdict(entry).items():
        if name not in {"row", "detail"} and value not in (None, 0):
            table.add_row(name.replace("_", " "), Text(str(value)))
    for name, value in entry.detail.items():
        if name == "effects":
            for effect in value:
                words = f"{effect['kind']}: {effect['state']} {json.dumps(effect['detail'], ensure_ascii=False)}"
                outcome = f" {json.dumps(effect['outcome'], ensure_ascii=False)}" if effect["outcome"] else ""
                table.add_row("effect", Text(words + outcome))
        elif value not in (None, [], {}):
            table.add_row(name.replace("_", " "), Text(json.dumps(value, ensure_ascii=False)))
    console.print(table)


def _plain_table() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _heading(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}", style="bold cyan"))


def _opened(attachment: Attachment) -> str:
    if attachment.text:
        return f"read: {_shortened(attachment.text, 300)}"
    return f"not read: {attachment.unread}" if attachment.unread else "not opened"


def _words(span: Span) -> str:
    return " ".join(span.text.split())


def _shortened(text: str, most: int = 1200) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
