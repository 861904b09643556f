"""Runs the demo: delivers the samples while the daemon watches, shows where each goes and why, and checks it."""

import smtplib
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from email.utils import format_datetime, getaddresses, make_msgid
from pathlib import Path
from queue import Empty, SimpleQueue
from shutil import copytree, ignore_patterns

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree
from ruamel.yaml import YAML

from triage import daemon, event_log
from triage.core.effects import Reply
from triage.core.triaged import Triaged
from triage.demo.servers import HOST, MailWorld, running_world
from triage.errors import TriageError
from triage.ledger import queue as effects_queue
from triage.mailbox.connection import Mailbox
from triage.parts import Parts, account_of, build
from triage.settings import SHIPPED_RULES, Settings
from triage.settings_file import load_settings

SAMPLES = Path(__file__).parent / "samples"
MARK = "X-Demo-Sample"  # added to each sample, so that it can be found again wherever it went
PASSWORD = "demo"  # noqa: S105 - of mailboxes that live as long as the demo
ALL_WITHIN = 90.0  # seconds
TESTS_OF_INVENTED_OFFICES = ("offices.yaml", "invented-offices.yaml")  # of the shipped rules; the demo has its own
OFFICES = (
    ("delhi", "Delhi", "Delhi", "Asia/Kolkata", "[en, fr]", "IN"),
    ("nairobi", "Nairobi", "Nairobi", "Africa/Nairobi", "[en, fr]", "KE"),
    ("paris", "Paris", "Paris", "Europe/Paris", "[fr, en]", "FR"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample message, and where it belongs."""

    number: str
    office: str
    folder: str  # a role
    reply: str  # a template, or "none"
    about: str
    raw: bytes


def run_demo(*, once: bool, folder: Path | None, svg: Path | None) -> bool:
    """Run the demo; whether every sample went where it belongs. Stays up until interrupted unless `once`."""
    console = Console(record=svg is not None, width=110 if svg else None)
    samples = read_samples()
    event_log.set_up(form="console", level="error")
    with ExitStack() as stack:
        here = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="triage-demo-")))
        here.mkdir(parents=True, exist_ok=True)
        users = {f"{office[0]}-manager@visa-{office[0]}.example": office[0] for office in OFFICES}
        world = stack.enter_context(running_world(users, PASSWORD))
        config = _write_settings(here, world)
        settings = load_settings(config)
        parts = stack.enter_context(closing(build(settings)))
        _introduce(console, settings, parts)
        arrived: SimpleQueue[tuple[str, Triaged]] = SimpleQueue()
        stack.enter_context(_running_daemon(parts, arrived))
        replies: dict[str, str] = {}
        well = _show_samples(console, samples, world, parts, arrived, replies)
        _show_folders(console, settings)
        _show_replies(console, world)
        well = _compare(console, samples, settings, replies) and well
        if svg:
            console.save_svg(str(svg), title="triage demo")  # before ports and paths that hold for this run only
        _further(console, config, world)
        if not once:
            _stay(console, arrived)
    return well


def read_samples() -> list[Sample]:
    """The sample messages, in the order in which they arrive."""
    found = []
    for number, entry in enumerate(YAML(typ="safe").load(SAMPLES / "expected.yaml"), 1):
        raw = (SAMPLES / entry["file"]).read_bytes()
        fields = {key: str(entry[key]) for key in ("office", "folder", "reply", "about")}
        found.append(Sample(number=f"{number:02}", raw=raw, **fields))
    return found


def deliver(sample: Sample, world: MailWorld) -> None:
    """Hand a sample to the demo's SMTP server, as its sender's server would."""
    head, separator, body = sample.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head.split(b"\n")
    returns = [line for line in lines if line.lower().startswith(b"return-path:")]
    sender = returns[0].partition(b":")[2].strip().strip(b"<>").decode() if returns else "sender@outside.example"
    kept = [line for line in lines if line not in returns]
    marked = b"\n".join([f"{MARK}: {sample.number}".encode(), *kept]) + separator + body
    with smtplib.SMTP(HOST, world.smtp_port, timeout=10) as session:
        recipient = f"{sample.office}-manager@visa-{sample.office}.example"
        session.sendmail(sender, [recipient], marked.replace(b"\n", b"\r\n"))


def send_to_demo(file: Path, folder: Path) -> str:
    """Hand a message to the demo that runs with this folder, as one written now; give the sentence that says so.

    Raises TriageError where the demo does not run, or the message is to none of its offices.
    """
    settings = load_settings(folder / "triage.yaml")
    message = message_from_bytes(file.read_bytes(), policy=default)
    # Else a second try would be the same message that came again.
    del message["Date"], message["Message-ID"]
    message["Date"], message["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain="demo.example")
    addresses = {office.address for office in settings.offices}
    if not addresses & {address.lower() for _, address in getaddresses(message.get_all("To", []))}:
        raise TriageError(f"{file} is to none of the demo's offices: write To: {', '.join(sorted(addresses))}")
    try:
        with smtplib.SMTP(settings.smtp.host, settings.smtp.port, timeout=10) as session:
            session.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise TriageError(f"{file} could not be sent: {error}; does `triage demo --folder {folder}` run?") from error
    return f"sent to {message['To']}"


def _write_settings(folder: Path, world: MailWorld) -> Path:
    """Settings, and a copy of the shipped rules to change; one that is there already is somebody's work, and stays."""
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    rules = folder / "rules"
    if not rules.exists():
        copytree(SHIPPED_RULES, rules, ignore=ignore_patterns("*.py", "__pycache__", *TESTS_OF_INVENTED_OFFICES))
    offices = "\n".join(
        f"  - id: {name}\n    names: {{en: {english}, fr: {french}}}\n"
        f"    address: {name}-manager@visa-{name}.example\n    timezone: {zone}\n    languages: {languages}\n"
        f"    hours: {{holidays: {country}}}\n    contacts: {{duty: duty@visa-{name}.example}}\n"
        f"    units: {{biometrics: biometrics@visa-{name}.example}}\n"
        f"    authserv_id: mx.visa-{name}.example\n    imap: {{user: {name}}}"
        for name, english, french, zone, languages, country in OFFICES
    )
    text = (
        "# Written by `triage demo`; the servers it names live as long as the demo runs.\n"
        f"rules: rules\ndatabase: {{url: sqlite:///ledger.sqlite3}}\nsmtp: {{host: {HOST}, port: {world.smtp_port}}}\n"
        # Where the IMAP server of the demo, under load, has not told of a message, a sweep soon finds it.
        "watch: {renew_idle_seconds: 20}\n"
        "defaults:\n  mode: live\n  webform_url: https://webform.example/enquiry\n"
        f"  imap: {{host: {HOST}, port: {world.imap_port}, tls: none, secret: 'file:{folder.resolve()}/password'}}\n"
        f"offices:\n{offices}\n"
    )
    config = folder / "triage.yaml"
    config.write_text(text, encoding="utf-8")
    return config


def _introduce(console: Console, settings: Settings, parts: Parts) -> None:
    names = ", ".join(f"{office.names['en']} ({office.timezone})" for office in settings.offices)
    console.print(Text("triage: a visa office's manager inbox, sorted and answered", style="bold"))
    console.print(Text(f"watching {names}", style="dim"))
    if trouble := parts.reader.model()[1]:
        console.print(Text(trouble, style="red"))
    console.print()


@contextmanager
def _running_daemon(parts: Parts, arrived: "SimpleQueue[tuple[str, Triaged]]") -> Iterator[None]:
    def tell(office: str, decided: Sequence[Triaged]) -> None:
        for triaged in decided:
            arrived.put((office, triaged))

    service = daemon.Daemon(parts, on_decided=tell)
    thread = threading.Thread(target=service.run, name="daemon")
    thread.start()
    try:
        yield
    finally:
        service.stop()
        thread.join()


def _show_samples(
    console: Console,
    samples: Sequence[Sample],
    world: MailWorld,
    parts: Parts,
    arrived: "SimpleQueue[tuple[str, Triaged]]",
    replies: dict[str, str],
) -> bool:
    """Deliver the samples one by one, show each as it is decided, and note its reply; whether all were decided."""
    console.print(_row("office", "from, subject", "folder", "rule, why", "reply", style="bold"))
    offices = [office.id for office in parts.settings.offices]
    shown = 0
    until = time.monotonic() + ALL_WITHIN
    with console.status("delivering the samples …"):
        for sample in samples:
            deliver(sample, world)
            shown += _show_arrived(console, arrived, replies, wait=0.1)
        while shown < len(samples) and time.monotonic() < until:
            shown += _show_arrived(console, arrived, replies, wait=0.5)
        while effects_queue.open_count(parts.database, offices) and time.monotonic() < until:
            time.sleep(0.1)
    if shown < len(samples):
        console.print(Text(f"{len(samples) - shown} samples were not decided within {ALL_WITHIN:.0f} s", style="red"))
    return shown == len(samples)


def _show_arrived(
    console: Console, arrived: "SimpleQueue[tuple[str, Triaged]]", replies: dict[str, str], *, wait: float
) -> int:
    shown = 0
    try:
        while True:
            office, triaged = arrived.get(timeout=wait)
            console.print(_arrival(office, triaged))
            planned = (effect.template for effect in triaged.decision.plan if isinstance(effect, Reply))
            replies[triaged.message.header(MARK) or ""] = next(planned, "none")
            shown += 1
    except Empty:
        return shown


def _arrival(office: str, triaged: Triaged) -> Table:
    message, decision = triaged.message, triaged.decision
    sender = (message.from_.name or message.from_.addr) if message.from_ else "(no sender)"
    reply = next((f"{e.template} ({e.language})" for e in decision.plan if isinstance(e, Reply)), "none")
    colour = {"urgent": "bold red", "automated": "dim"}.get(decision.rule, "")
    why = decision.rule
    if triaged.classification:
        found = triaged.classification
        why += f" ({found.probabilities[found.label]:.0%} {found.label.value.replace('_', ' ')})"
    elif triaged.screening.kind:
        why += f" ({triaged.screening.kind.value})"
    if deadline := triaged.facts.deadline:
        why += f", {deadline.date:%-d %b}"
    subject = message.subject or "(no subject)"
    return _row(office, f"{sender}: {subject}", decision.folder, why, reply, style=colour)


def _row(*cells: str, style: str = "") -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    for ratio in (3, 13, 6, 12, 9):
        table.add_column(ratio=ratio, no_wrap=True, overflow="ellipsis")
    table.add_row(*(Text(cell, style=style) for cell in cells))
    return table


def _show_folders(console: Console, settings: Settings) -> None:
    console.print()
    table = Table.grid(padding=(0, 4))
    trees = []
    for office in settings.offices:
        tree = Tree(Text(office.names["en"], style="bold"))
        for name, marks in _folders(settings, office.id).items():
            tree.add(Text(f"{name}  {len(marks)}" if marks else f"{name}  -"))
        trees.append(tree)
        table.add_column()
    table.add_row(*trees)
    console.print(table)


def _folders(settings: Settings, office: str) -> dict[str, list[str]]:
    """What stands in each folder, by looking: the samples' numbers, "" for other mail."""
    found: dict[str, list[str]] = {}
    with Mailbox.connect(account_of(settings.office(office))) as mailbox:
        for name in mailbox.folders():
            mailbox.open(name, readonly=True)
            uids = mailbox.waiting()
            data = mailbox.client.fetch(uids, [f"BODY.PEEK[HEADER.FIELDS ({MARK})]"]) if uids else {}
            found[name] = [_mark(fields) for fields in data.values()]
    return found


def _mark(fields: dict[bytes, bytes]) -> str:
    values = [value for key, value in fields.items() if key.upper().startswith(b"BODY[HEADER")]
    return values[0].partition(b":")[2].strip().decode("ascii", "replace") if values else ""


def _show_replies(console: Console, world: MailWorld) -> None:
    console.print(Text(f"\n{len(world.sent)} mails went out", style="bold"))
    for recipient, content in world.sent[:6]:
        subject = message_from_bytes(content, policy=default)["Subject"]
        console.print(Text(f"  to {recipient}: {subject}"), overflow="ellipsis", no_wrap=True)
    if len(world.sent) > 6:
        console.print(
            Text(f"  … and {len(world.sent) - 6} more; each reply is in its office's Sent folder", style="dim")
        )


def _compare(console: Console, samples: Sequence[Sample], settings: Settings, replies: dict[str, str]) -> bool:
    """Look from outside whether each sample stands in its one folder; and whether it was answered as it should be."""
    wrong = []
    places: dict[str, list[tuple[str, str]]] = {}
    for office in settings.offices:
        for name, marks in _folders(settings, office.id).items():
            for mark in marks:
                places.setdefault(mark, []).append((office.id, name))
    for sample in samples:
        expected = (sample.office, settings.office(sample.office).folder_names()[sample.folder])
        found = places.get(sample.number, [])
        if found != [expected]:
            stands = ", ".join(f"{office}/{name}" for office, name in found) or "nowhere"
            wrong.append(f"sample {sample.number} ({sample.about}): expected {'/'.join(expected)}, stands in {stands}")
        if (reply := replies.get(sample.number, "none")) != sample.reply:
            wrong.append(f"sample {sample.number} ({sample.about}): expected reply {sample.reply}, was {reply}")
    if wrong:
        console.print(Text("\n" + "\n".join(wrong), style="red"))
    else:
        console.print(
            Text(
                f"\nall {len(samples)} samples stand where they belong and were answered as they should be",
                style="green",
            )
        )
    return not wrong


def _further(console: Console, config: Path, world: MailWorld) -> None:
    sample = min(SAMPLES.glob("*.eml"))
    name = sample.relative_to(Path.cwd()) if sample.is_relative_to(Path.cwd()) else sample
    console.print(Text("\nLook further", style="bold"))
    for line in (
        f"triage explain {name} --config {config} --office delhi",
        f"triage messages list --config {config}",
        f"triage check --connect --config {config}",
        f"triage demo --folder {config.parent} --send {name}",
    ):
        console.print(Text(f"  {line}"), soft_wrap=True)
    console.print(
        Text(
            f"  a mail program: IMAP {HOST} port {world.imap_port}, no encryption, user delhi, nairobi or paris, "
            f"password {PASSWORD}"
        ),
        soft_wrap=True,
    )


def _stay(console: Console, arrived: "SimpleQueue[tuple[str, Triaged]]") -> None:
    console.print(Text("\nStaying up; send a message of your own, or press Ctrl-C to end.", style="bold"))
    try:
        while True:
            _show_arrived(console, arrived, {}, wait=1.0)
    except KeyboardInterrupt:
        console.print("ending …")
