"""The commands as people use them: what is printed, which exit code, and a sentence where something is wrong."""

import json
import mailbox
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner, Result

from tests.servers.ports import free_port
from triage import __version__
from triage.cli import app
from triage.core.labels import UNSURE, Label
from triage.core.policy.decision import Reason
from triage.parts import open_database
from triage.settings_file import load_settings

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "urgent.eml"
IDENTIFIER = "V317000452"  # in SAMPLE
LABELS = {label.value for label in Label}
LETTER = (
    b"From: A Person <person@firm.example>\r\nTo: manager@visa-delhi.example\r\nSubject: A question\r\n"
    b"Date: Mon, 09 Nov 2026 10:00:00 -0500\r\nMessage-ID: <1@firm.example>\r\n\r\nHow long does it take?\r\n"
)
# What senders and disks may leave in a file.
BROKEN = {
    "empty": b"",
    "NUL": bytes(5000),
    "every byte": bytes(range(256)) * 40,
    "only line ends": b"\r\n" * 500,
    "a header that never ends": b"Subject: " + b"x" * 100_000,
    "an open multipart": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n',
    "no UTF-8": b"Subject: \xff\xfe\r\nFrom: \xe9@\r\n\r\n\xff\xff\xff",
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """In an empty folder, without settings in the environment; logging is as it was, after."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TRIAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    yield
    structlog.reset_defaults()


def triage(*arguments: str | Path, stdin: bytes = b"") -> Result:
    """Run the command in this process. Whatever happens, it ends with an exit code and never with an exception."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def records(result: Result) -> list[dict[str, Any]]:
    """The lines that `classify` printed; each is what it promises to be."""
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    for record in found:
        assert list(record)[:5] == ["id", "label", "decision", "probabilities", "facts"]
        assert record["label"] in LABELS
        assert record["decision"] in {*LABELS, UNSURE}
        assert set(record["probabilities"]) == LABELS
        assert sum(record["probabilities"].values()) == pytest.approx(1, abs=0.001)
    return found


def settings_file(folder: Path, **changes: Any) -> Path:
    """A triage.yaml for one live office on a server that nobody runs, with keys changed."""
    office = {
        "id": "delhi",
        "names": {"en": "Delhi", "fr": "Delhi"},
        "address": "manager@visa-delhi.example",
        "timezone": "Asia/Kolkata",
        "webform_url": "https://webform.example/enquiry",
        "contacts": {"duty": "duty@visa-delhi.example"},
        "mode": "live",
        "imap": {"host": "127.0.0.1", "port": free_port(), "tls": "none", "user": "delhi", "secret": "env:A_SECRET"},
    }
    file = folder / "triage.yaml"
    file.write_text(json.dumps({"offices": [office], **changes}, indent=1), encoding="utf-8")
    return file


# ---- help ----------------------------------------------------------------------------------------------------------


def every_command() -> list[tuple[tuple[str, ...], Any]]:
    """Each command and group of commands, with the words that call it."""

    def below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield words, command
        for name, part in getattr(command, "commands", {}).items():
            yield from below((*words, name), part)

    return list(below((), typer.main.get_command(app)))


@pytest.mark.parametrize(
    ("words", "command"), every_command(), ids=[" ".join(words) or "triage" for words, _ in every_command()]
)
def test_help_tells_of_every_option_and_command(words: tuple[str, ...], command: Any) -> None:
    """--help exits 0 and names each option, argument and subcommand, and what the command is for."""
    result = triage(*words, "--help")
    assert result.exit_code == 0
    for parameter in command.params:
        # An option by its name; an argument by the word that stands for it.
        assert all(name in result.stdout for name in parameter.opts if name.startswith("-"))
        assert parameter.opts[0].startswith("-") or parameter.name.upper() in result.stdout.upper()
    for name in getattr(command, "commands", {}):
        assert name in result.stdout
    purpose = command.help.split("\n\n")[0].split(";")[0].rstrip(".")
    assert " ".join(purpose.split()) in " ".join(result.stdout.split())


def test_the_version_is_told() -> None:
    """--version names it and stops."""
    assert triage("--version").stdout == f"triage {__version__}\n"


@pytest.mark.parametrize("words", [["sort"], ["explain"], ["classify", "--rulez"], ["messages", "list", "--most", "0"]])
def test_what_was_asked_for_wrongly_is_2(words: list[str]) -> None:
    """An unknown command or option, a missing argument or an impossible value exits 2 with a sentence."""
    result = triage(*words)
    assert result.exit_code == 2
    assert "Error" in result.stderr


def test_the_module_is_the_command() -> None:
    """`python -m triage`, as a real process, explains a file; nothing on standard error."""
    done = subprocess.run(  # a fixed command
        [sys.executable, "-m", "triage", "explain", str(SAMPLE)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Rules tried, in order" in done.stdout


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`triage classify … | head -1` ends quietly."""
    folder = ROOT / "tests" / "golden" / "parsing"
    with subprocess.Popen(
        [sys.executable, "-m", "triage", "classify", str(folder), str(folder), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


# ---- explain -------------------------------------------------------------------------------------------------------


def test_explain_tells_the_whole_way() -> None:
    """Text: what was read, facts with their words, the classifier, each rule tried, the plan, the reply."""
    result = triage("explain", SAMPLE)
    assert result.exit_code == 0
    for heading in ("What was read", "Facts, with the words", "Classification", "Rules tried", "Plan, under reference"):
        assert heading in result.stdout
    assert "12 November 2026»" in result.stdout
    assert "machine: any? no: written by a person" in result.stdout


def test_explain_gives_json_with_identifiers_masked() -> None:
    """JSON: message, facts, classification, decision with every rule tried, plan; identifiers of facts masked."""
    found = json.loads(triage("explain", SAMPLE, "--json").stdout)
    assert set(found) == {"message", "machine", "machine_because", "facts", "classification", "decision", "plan"}
    assert found["message"]["message_id"] == "<20261109.441@marchetti-law.example>"
    assert [one["value"] for one in found["facts"]["identifiers"]] == ["V3••••••52"]
    assert IDENTIFIER not in json.dumps([found["facts"], found["decision"]])
    assert found["decision"]["reason"] in set(Reason)
    assert found["decision"]["rules_tried"][-1]["rule"] == found["decision"]["rule"]
    assert found["plan"]


def test_explain_reads_standard_input() -> None:
    """`-` is standard input, and gives what the file gives."""
    piped = json.loads(triage("explain", "-", "--json", stdin=SAMPLE.read_bytes()).stdout)
    assert piped["message"] == json.loads(triage("explain", SAMPLE, "--json").stdout)["message"]


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_explain_takes_whatever_is_in_the_file(raw: bytes, form: list[str]) -> None:
    """Garbage is explained like any message; where it could not be read whole, it goes to a person."""
    Path("mail.eml").write_bytes(raw)
    result = triage("explain", "mail.eml", *form)
    assert result.exit_code == 0
    if form:
        assert json.loads(result.stdout)["decision"]["reason"] in set(Reason)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "no-such.eml"], "no-such.eml: no such file"),
        (["explain", "."], "no such file; name an .eml file"),
        (["explain", SAMPLE, "--office", "delhi"], "give --config triage.yaml"),
        (["explain", SAMPLE, "--config", "no-such.yaml"], "no-such.yaml: cannot be read"),
        (["explain", SAMPLE, "--rules", "no-such"], "no-such/default.yaml: cannot be read"),
        (["classify"], "nothing to classify"),
        (["classify", "no-such.eml", "nor-this"], "no such file or folder: no-such.eml, nor-this"),
        (["classify", "--jsonl", "no-such.jsonl"], "no such file or folder: no-such.jsonl"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_there_is_said_in_a_sentence(arguments: Sequence[str | Path], said: str) -> None:
    """Exit code 2 and the name of what is missing, on standard error; nothing on standard output."""
    result = triage(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_explain_decides_as_the_office_of_the_settings_would() -> None:
    """With --config: the first office, or the one named; an unknown one is told with those there are."""
    file = settings_file(Path())
    found = json.loads(triage("explain", SAMPLE, "--config", file, "--office", "delhi", "--json").stdout)
    assert found["decision"]["reference"].startswith("DEL-")
    unknown = triage("explain", SAMPLE, "--config", file, "--office", "dehli")
    assert unknown.exit_code == 2
    assert "no office 'dehli'; did you mean 'delhi'?" in unknown.stderr


def test_without_a_model_everything_is_unsure_and_says_so() -> None:
    """A model that cannot be used is told on standard error; the message goes to a person."""
    result = triage("classify", SAMPLE, "--model", "no-such-model")
    assert [record["decision"] for record in records(result)] == [UNSURE]
    assert "everything is unsure" in result.stderr
    explained = triage("explain", SAMPLE, "--model", "no-such-model", "--json")
    assert json.loads(explained.stdout)["decision"]["reason"] == Reason.NO_MODEL


# ---- classify ------------------------------------------------------------------------------------------------------

LINE = {
    "id": "a-1",
    "subject": "Flight tomorrow",
    "body": "My flight is tomorrow and my passport is still with you.",
    "from_addr": "person@firm.example",
    "from_name": "A Person",
    "to": "manager@visa-delhi.example",
    "date": "2026-11-09T10:00:00-05:00",
}
ODD_LINES = {
    "no JSON": "{",
    "a list": "[1, 2]",
    "a number": "7",
    "null": "null",
    "body is a number": json.dumps({**LINE, "body": 7}),
    "subject is a list": json.dumps({**LINE, "subject": ["a"]}),
    "date is no date": json.dumps({**LINE, "date": "yesterday"}),
    "date is a number": json.dumps({**LINE, "date": 20261109}),
    "deep nesting": "[" * 100_000,
    "a huge number": '{"id": ' + "9" * 5000 + "}",
}


def test_jsonl_gives_a_result_for_each_line_in_order() -> None:
    """Results stand in the lines' order, with their ids; facts are read relative to the line's own date."""
    lines = [json.dumps({**LINE, "id": f"n-{number}"}) for number in range(150)]
    found = records(triage("classify", "--jsonl", stdin="\n".join(lines).encode()))
    assert [record["id"] for record in found] == [f"n-{number}" for number in range(150)]
    assert {record["facts"]["deadline"]["date"] for record in found} == {"2026-11-10"}


@pytest.mark.parametrize("line", ODD_LINES.values(), ids=ODD_LINES)
def test_a_line_that_is_no_message_is_unsure_and_costs_only_itself(line: str) -> None:
    """It is unsure, names its defect, and the lines around it are answered."""
    text = "\n".join([json.dumps(LINE), line, json.dumps({**LINE, "id": "a-3"})])
    first, odd, last = records(triage("classify", "--jsonl", stdin=text.encode()))
    assert (first["id"], last["id"]) == ("a-1", "a-3")
    assert odd["decision"] == UNSURE
    assert odd["defects"]


def test_jsonl_takes_what_is_missing_odd_or_empty() -> None:
    """Empty lines are passed over; fields may be absent or null, ids of any kind, bytes no UTF-8, unknown keys."""
    lines = [
        b"",
        b"{}",
        b"   ",
        json.dumps(dict.fromkeys(LINE)).encode(),
        json.dumps({"id": 7, "body": "How long does it take?", "unknown": [1]}).encode(),
        b'{"body": "caf\xe9"}',
        rb'{"subject": "\ud800", "body": "\u0000\udfff"}',
        json.dumps({key: value for key, value in LINE.items() if key != "date"}).encode(),
        json.dumps({**LINE, "date": "2026-11-09"}).encode(),
    ]
    found = records(triage("classify", "--jsonl", stdin=b"\r\n".join(lines)))
    assert len(found) == 7
    assert found[2]["id"] == "7"


def test_jsonl_is_read_from_files_too() -> None:
    """`--jsonl FILE`, and `-` for standard input."""
    Path("lines.jsonl").write_text(json.dumps(LINE) + "\n", encoding="utf-8")
    assert records(triage("classify", "--jsonl", "lines.jsonl")) == records(
        triage("classify", "--jsonl", "-", stdin=json.dumps(LINE).encode())
    )


def test_messages_are_found_wherever_they_lie() -> None:
    """Files, folders with folders in them, Maildirs (new and cur) and mboxes: one line for each message."""
    Path("folder/below").mkdir(parents=True)
    Path("folder/a.eml").write_bytes(LETTER)
    Path("folder/below/b.eml").write_bytes(LETTER)
    Path("folder/notes.txt").write_bytes(b"no message")
    box = mailbox.Maildir("maildir", create=True)
    box.add(LETTER)
    read = mailbox.MaildirMessage(LETTER)
    read.set_subdir("cur")
    box.add(read)
    with closing(mailbox.mbox("box.mbox")) as mbox:
        mbox.add(LETTER.replace(b"\r\n", b"\n"))
        mbox.add(LETTER.replace(b"\r\n", b"\n"))
    found = records(triage("classify", SAMPLE, "folder", "maildir", "box.mbox"))
    ids = [record["id"] for record in found]
    assert ids[:3] == [str(SAMPLE), "folder/a.eml", "folder/below/b.eml"]
    assert [name.split("/")[1] for name in ids[3:5]] == ["new", "cur"]
    assert ids[5:] == ["box.mbox#0", "box.mbox#1"]


def test_broken_files_have_a_line_each() -> None:
    """Whatever is in a file, it has its line; what could not be read is unsure and names its defects."""
    for number, raw in enumerate(BROKEN.values()):
        Path(f"{number}.eml").write_bytes(raw)
    found = records(triage("classify", *(f"{number}.eml" for number in range(len(BROKEN)))))
    assert [record["id"] for record in found] == [f"{number}.eml" for number in range(len(BROKEN))]
    assert found[0]["decision"] == UNSURE
    assert found[0]["defects"]


def test_an_empty_folder_gives_no_line() -> None:
    """Nothing to classify there, and nothing wrong."""
    Path("empty").mkdir()
    assert records(triage("classify", "empty")) == []


def test_machine_mail_says_what_it_is() -> None:
    """Its kind stands in its record."""
    Path("bounce.eml").write_bytes((ROOT / "triage/demo/samples/04-bounce.eml").read_bytes())
    assert records(triage("classify", "bounce.eml"))[0]["machine"] == "bounce"


# ---- check, health, settings, messages, db -------------------------------------------------------------------------


def test_check_of_a_good_file_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, secrets, rules, model and ledger each have their line; exit code 0."""
    monkeypatch.setenv("A_SECRET", "x")
    result = triage("check", "--config", settings_file(Path()))
    assert result.exit_code == 0, result.output
    for what in ("1 offices", "secrets", "rules, digest", "model", "sqlite:///"):
        assert what in result.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [('"timezone": "Asia/Kolkata"', '"timezone": "Asia/Kolkatta"'), ('"mode": "live"', '"mod": "live"')],
    ids=["a bad value", "an unknown key"],
)
def test_check_names_file_line_and_key_of_a_mistake(right: str, wrong: str) -> None:
    """Exit code 2; the form that editors jump to, and what was meant."""
    file = settings_file(Path())
    text = file.read_text(encoding="utf-8").replace(right, wrong)
    file.write_text(text, encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if wrong in each)
    result = triage("check", "--config", file)
    assert result.exit_code == 2
    assert f"triage.yaml:{line}:" in result.stderr
    assert f": offices.0.{wrong.split(chr(34))[1]}: " in result.stderr
    assert "did you mean" in result.stderr


def test_check_says_which_secret_cannot_be_read() -> None:
    """Exit code 2, with the office and the variable; the other checks are made all the same."""
    result = triage("check", "--config", settings_file(Path()))
    assert result.exit_code == 2
    assert "office delhi: imap.secret: the environment variable A_SECRET is not set" in result.stdout
    assert "rules, digest" in result.stdout


def test_check_connect_says_which_server_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, with the office and its server."""
    monkeypatch.setenv("A_SECRET", "x")
    result = triage("check", "--connect", "--config", settings_file(Path()))
    assert result.exit_code == 2
    assert "office delhi: delhi at 127.0.0.1:" in result.stdout


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_health_without_a_daemon_is_1(form: list[str]) -> None:
    """No daemon has written its file: a sentence, and exit code 1."""
    result = triage("health", "--config", settings_file(Path()), *form)
    assert result.exit_code == 1
    assert "is `triage run` running?" in result.stdout
    if form:
        assert json.loads(result.stdout)["well"] is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"offices": 7}'], ids=["empty", "cut", "a list", "no offices"])
def test_a_health_file_that_is_none_is_1(text: str) -> None:
    """A file that another program wrote, or half a file, is no health."""
    Path("triage-health.json").write_text(text)
    assert triage("health", "--config", settings_file(Path())).exit_code == 1


def test_the_settings_schema_is_json() -> None:
    """For editors: a JSON Schema that requires an office's id only, since `defaults` may give the rest."""
    found = json.loads(triage("settings", "schema").stdout)
    assert found["$defs"]["OfficeSettings"]["required"] == ["id"]


def test_an_empty_ledger_lists_nothing() -> None:
    """`messages list` gives no entry, in either form; a reference that is unknown is 1 and a sentence."""
    file = settings_file(Path())
    assert triage("messages", "list", "--config", file).exit_code == 0
    assert json.loads(triage("messages", "list", "--config", file, "--json").stdout) == []
    result = triage("messages", "show", "DEL-0000-0000", "--config", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is recorded under DEL-0000-0000" in result.stderr


@pytest.mark.parametrize("command", [["check"], ["run"], ["health"], ["messages", "list"], ["db", "upgrade"]])
def test_a_missing_settings_file_is_2(command: list[str]) -> None:
    """Every command that needs triage.yaml names it and says what to do."""
    result = triage(*command)
    assert result.exit_code == 2
    assert "triage.yaml: cannot be read" in result.stderr
    assert "--config" in result.stderr


def test_the_ledger_is_upgraded_and_downgraded() -> None:
    """`db upgrade` makes a new ledger ready, `db downgrade base` empties it; both say from where to where."""
    file = settings_file(Path())
    up, down = triage("db", "upgrade", "--config", file), triage("db", "downgrade", "base", "--config", file)
    assert (up.exit_code, down.exit_code) == (0, 0)
    assert "schema none → " in up.stdout
    assert "schema none" in down.stdout


def test_an_unknown_revision_is_a_sentence() -> None:
    """`db downgrade` to a revision that does not exist."""
    file = settings_file(Path())
    triage("db", "upgrade", "--config", file)
    result = triage("db", "downgrade", "9999", "--config", file)
    assert result.exit_code == 1
    assert "9999" in result.stderr


# ---- run -----------------------------------------------------------------------------------------------------------


def test_run_refuses_bad_settings() -> None:
    """Nothing is started; exit code 2 with file and line."""
    Path("triage.yaml").write_text("offices:\n  - id: Delhi\n", encoding="utf-8")
    result = triage("run", "--once")
    assert result.exit_code == 2
    assert "triage.yaml:2:5: offices.0.id: " in result.stderr


def test_run_refuses_a_rules_folder_that_is_not_there() -> None:
    """Exit code 2, with the file that is missing."""
    result = triage("run", "--once", "--config", settings_file(Path(), rules="no-such-rules"))
    assert result.exit_code == 2
    assert "no-such-rules/default.yaml: cannot be read" in result.stderr


def test_run_without_the_secret_says_which() -> None:
    """`--once`: exit code 1 and the variable's name."""
    result = triage("run", "--once", "--config", settings_file(Path()))
    assert result.exit_code == 1
    assert "the environment variable A_SECRET is not set" in result.stderr


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_run_says_which_server_cannot_be_reached(form: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`--once` with nobody listening: exit code 1 and a sentence with account and server."""
    monkeypatch.setenv("A_SECRET", "x")
    result = triage("run", "--once", "--config", settings_file(Path()), *form)
    assert result.exit_code == 1
    assert "delhi at 127.0.0.1:" in result.stderr
    assert "Connection refused" in result.stderr
    if form:
        assert json.loads(result.stdout)["decided"] == 0


def test_a_second_service_is_refused() -> None:
    """One process owns a ledger: while another does, `run` ends with 1 and says so, and touches no mailbox."""
    file = settings_file(Path())
    with closing(open_database(load_settings(file))) as ledger, ledger.owned():
        for words in (["run", "--once"], ["run"]):
            result = triage(*words, "--config", file)
            assert result.exit_code == 1
            assert "another triage daemon owns the ledger" in result.stderr


def test_a_ledger_that_cannot_be_opened_is_1() -> None:
    """The database's place does not exist: a sentence with its name, without a traceback."""
    file = settings_file(Path(), database={"url": "sqlite:///no-such-folder/ledger.sqlite3"})
    for words in (["run", "--once"], ["messages", "list"]):
        result = triage(*words, "--config", file)
        assert result.exit_code == 1
        assert "no-such-folder/ledger.sqlite3 cannot be used" in result.stderr


def test_run_as_a_process_ends_with_a_sentence() -> None:
    """As a real process: exit code 1, the sentence last on standard error, no traceback."""
    done = subprocess.run(  # a fixed command
        [sys.executable, "-m", "triage", "run", "--once", "--config", str(settings_file(Path()))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "A_SECRET": "x"},
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "127.0.0.1" in done.stderr.splitlines()[-1]
