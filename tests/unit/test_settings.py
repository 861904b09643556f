"""triage.yaml: what is refused and with which words, and what is in force where it is accepted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from triage.core.office import Mode, Role
from triage.errors import ConfigurationError
from triage.settings import Settings
from triage.settings_file import load_settings, settings_schema, unreadable_secrets

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "triage.yaml"

GOOD = """\
offices:
  - id: delhi
    names: {en: Delhi, fr: Delhi}
    address: manager@visa-delhi.example
    timezone: Asia/Kolkata
    webform_url: https://webform.example/enquiry
    imap:
      host: mail.visa-delhi.example
      user: delhi
      secret: env:DELHI_PASSWORD
"""
SECOND = """\
  - id: paris
    names: {en: Paris, fr: Paris}
    address: manager@visa-paris.example
    timezone: Europe/Paris
    webform_url: https://webform.example/enquiry
    imap: {host: mail.visa-paris.example, user: paris, secret: "env:PARIS_PASSWORD"}
"""
NEVER_SHOWN = "correct-horse-battery"


def changed(old: str, new: str, text: str = GOOD) -> str:
    """`text` with one thing changed; fails where there is nothing to change."""
    assert text.count(old) == 1
    return text.replace(old, new)


def loaded(folder: Path, text: str) -> Settings:
    """Settings from a triage.yaml of that text."""
    file = folder / "triage.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


def refusal(folder: Path, text: str) -> list[str]:
    """The problems found, each without the folder in front of the file's name."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


BAD: dict[str, tuple[str, list[str]]] = {
    "a missing key": (
        changed("    timezone: Asia/Kolkata\n", ""),
        ["triage.yaml:2:5: offices.0: required key 'timezone' is missing"],
    ),
    "a missing key of a part": (
        changed("      user: delhi\n", ""),
        ["triage.yaml:7:5: offices.0.imap: required key 'user' is missing"],
    ),
    "no office at all": ("log: {level: info}\n", ["triage.yaml:1:1: required key 'offices' is missing"]),
    "a wrong key": (
        changed("timezone:", "timezon:"),
        [
            "triage.yaml:2:5: offices.0: required key 'timezone' is missing",
            "triage.yaml:5:5: offices.0.timezon: unknown key; did you mean 'timezone'?",
        ],
    ),
    "a wrong key of a part": (
        changed("      user: delhi\n", "      user: delhi\n      prot: 143\n"),
        ["triage.yaml:10:7: offices.0.imap.prot: unknown key; did you mean 'port'?"],
    ),
    "a wrong key at the top": (
        GOOD + "databse: {}\n",
        ["triage.yaml:11:1: databse: unknown key; did you mean 'database'?"],
    ),
    "an unknown zone": (
        changed("Asia/Kolkata", "Asia/Kolkatta"),
        ["triage.yaml:5:5: offices.0.timezone: 'Asia/Kolkatta' is not an IANA time zone; did you mean 'Asia/Kolkata'?"],
    ),
    "an address with a name": (
        changed("manager@visa-delhi.example", '"Delhi <manager@visa-delhi.example>"'),
        [
            "triage.yaml:4:5: offices.0.address: 'Delhi <manager@visa-delhi.example>' is not a plain e-mail address "
            "such as manager@office.example"
        ],
    ),
    "a secret in place of a reference": (
        changed("env:DELHI_PASSWORD", NEVER_SHOWN),
        [
            "triage.yaml:10:7: offices.0.imap.secret: expected a reference, env:NAME or file:PATH, "
            "and never the secret itself"
        ],
    ),
    "the relay's secret in place of a reference": (
        f"smtp: {{secret: {NEVER_SHOWN}}}\n" + GOOD,
        ["triage.yaml:1:8: smtp.secret: expected a reference, env:NAME or file:PATH, and never the secret itself"],
    ),
    "no TLS to another machine": (
        changed("      user: delhi\n", "      tls: none\n      user: delhi\n"),
        [
            "triage.yaml:9:7: offices.0.imap.tls: 'none' would send mail and passwords in the clear to "
            "mail.visa-delhi.example; use implicit or starttls, or say allow_plaintext: true if the network itself "
            "is private"
        ],
    ),
    "no TLS to another relay": (
        "smtp: {host: relay.example}\n" + GOOD,
        [
            "triage.yaml:1:1: smtp.tls: 'none' would send mail and passwords in the clear to relay.example; use "
            "implicit or starttls, or say allow_plaintext: true if the network itself is private"
        ],
    ),
    "one id twice": (
        GOOD + changed("id: paris", "id: delhi", SECOND),
        ["triage.yaml:11:5: offices.1.id: 'delhi' is also of office 'delhi'"],
    ),
    "one address twice": (
        GOOD + changed("manager@visa-paris.example", "manager@Visa-Delhi.example", SECOND),
        ["triage.yaml:13:5: offices.1.address: 'manager@visa-delhi.example' is also of office 'delhi'"],
    ),
    "another's address as an alias": (
        GOOD + SECOND + "    aliases: [Manager@visa-delhi.example]\n",
        ["triage.yaml:13:5: offices.1.address: 'manager@visa-delhi.example' is also of office 'delhi'"],
    ),
    "two roles in one folder": (
        GOOD + "    folders: {en: {review: Urgent}}\n",
        ["triage.yaml:11:5: offices.0.folders: two roles share the folder 'Urgent'"],
    ),
    "INBOX as a folder": (
        GOOD + "    folders: {en: {review: Inbox}}\n",
        ["triage.yaml:11:5: offices.0.folders: INBOX is the queue; sort into other folders"],
    ),
    "a name in one language": (
        changed("{en: Delhi, fr: Delhi}", "{en: Delhi}"),
        ["triage.yaml:3:5: offices.0.names: give the name in both languages: {en: …, fr: …}"],
    ),
    "closed before open": (
        GOOD + '    hours: {opens: "17:00", closes: "09:00"}\n',
        ["triage.yaml:11:5: offices.0.hours: the office must open before it closes"],
    ),
    "one key twice": (
        GOOD + "    timezone: Asia/Kolkata\n",
        [
            "triage.yaml:11:5: not valid YAML: while constructing a mapping found duplicate key "
            '"timezone" with value "Asia/Kolkata" (original value: "Asia/Kolkata")'
        ],
    ),
    "no mapping": ("- delhi\n- paris\n", ["triage.yaml:1:1: expected keys and values, such as 'offices:'"]),
    "an empty file": ("", ["triage.yaml:1:1: expected keys and values, such as 'offices:'"]),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: list[str]) -> None:
    """The exact message: file, line, column, key, what was expected."""
    assert refusal(tmp_path, text) == said


@pytest.mark.parametrize("text", [text for text, _ in BAD.values() if NEVER_SHOWN in text])
def test_a_secret_in_the_file_is_not_repeated(tmp_path: Path, text: str) -> None:
    """Messages are logged and pasted into tickets."""
    assert NEVER_SHOWN not in "\n".join(refusal(tmp_path, text))


def test_what_is_not_yaml_is_refused_by_line(tmp_path: Path) -> None:
    """The parser's own words differ by version; the place does not."""
    (said,) = refusal(tmp_path, "offices: [\nlog: }\n")
    assert said.startswith("triage.yaml:2:6: not valid YAML: ")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """One run of `triage check` for each mistake would be a nuisance."""
    text = changed("Asia/Kolkata", "Mars", changed("      user: delhi\n", ""))
    assert [said.split(": ")[1] for said in refusal(tmp_path, text)] == ["offices.0.timezone", "offices.0.imap"]


def _absent(file: Path) -> None:
    del file


def _folder(file: Path) -> None:
    file.mkdir()


def _latin_1(file: Path) -> None:
    file.write_bytes("offices: réexamen".encode("latin-1"))


@pytest.mark.parametrize("make", [_absent, _folder, _latin_1])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """With how to name another."""
    file = tmp_path / "triage.yaml"
    make(file)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"{file}: cannot be read (")
    assert "--config" in str(caught.value)


@pytest.mark.parametrize(
    "imap",
    [
        "{host: localhost, tls: none}",
        "{host: 127.0.0.1, tls: none}",
        '{host: "::1", tls: none}',
        "{host: mail.example, tls: none, allow_plaintext: true}",
    ],
)
def test_without_tls_only_to_this_machine_or_where_it_is_said(tmp_path: Path, imap: str) -> None:
    """Loopback needs no TLS; a private network must be said to be one."""
    text = GOOD[: GOOD.index("    imap:")] + f"    imap: {imap[:-1]}, user: delhi, secret: 'env:X'}}\n"
    assert loaded(tmp_path, text).offices[0].imap.effective_port == 143


def test_defaults_hold_for_all_offices_unless_one_says_otherwise(tmp_path: Path) -> None:
    """Two levels deep: an office's own imap keys are laid over those of `defaults`."""
    text = """\
defaults:
  webform_url: https://webform.example/enquiry
  timezone: Europe/Paris
  imap: {host: mail.example, timeout: 7}
offices:
  - {id: paris, names: {en: P, fr: P}, address: p@visa.example, imap: {user: p, secret: "env:P"}}
  - id: delhi
    names: {en: D, fr: D}
    address: d@visa.example
    timezone: Asia/Kolkata
    imap: {user: d, secret: "env:D", host: other.example}
"""
    paris, delhi = loaded(tmp_path, text).offices
    assert (paris.timezone, paris.imap.host, paris.imap.timeout) == ("Europe/Paris", "mail.example", 7)
    assert (delhi.timezone, delhi.imap.host, delhi.imap.timeout) == ("Asia/Kolkata", "other.example", 7)
    assert delhi.webform_url == paris.webform_url == "https://webform.example/enquiry"


def test_what_is_not_said_is_the_safe_choice(tmp_path: Path) -> None:
    """Shadow mode, implicit TLS, its usual port, four replies a day."""
    (office,) = loaded(tmp_path, GOOD).offices
    assert (office.mode, office.imap.tls, office.imap.effective_port) == (Mode.SHADOW, "implicit", 993)
    assert office.replies_per_sender_a_day == 4


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of a part is overridden alone; the part's other keys stay as the file has them."""
    monkeypatch.setenv("TRIAGE_LOG__LEVEL", "debug")
    monkeypatch.setenv("TRIAGE_DATABASE__URL", "postgresql+psycopg://triage@db.example/triage")
    settings = loaded(tmp_path, "log: {level: error, format: console}\n" + GOOD)
    assert (settings.log.level, settings.log.format) == ("debug", "console")
    assert settings.database.url == "postgresql+psycopg://triage@db.example/triage"


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is run; absolute ones are left alone."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    text = "database: {url: 'sqlite:///data/l.sqlite3'}\nrules: my-rules\nmodel: /srv/model\nhealth: {file: h.json}\n"
    settings = loaded(tmp_path, text + GOOD)
    assert settings.database.url == f"sqlite:///{tmp_path}/data/l.sqlite3"
    assert (settings.rules, settings.model) == (tmp_path / "my-rules", Path("/srv/model"))
    assert settings.health.file == tmp_path / "h.json"


def test_a_certificate_authority_is_sought_beside_the_file_too(tmp_path: Path) -> None:
    """`ca_file` of the relay and of each mailbox is a path like any other."""
    text = "smtp: {ca_file: ca/relay.pem}\n" + GOOD + "      ca_file: ca/mail.pem\n"
    settings = loaded(tmp_path, text)
    assert settings.smtp.ca_file == tmp_path / "ca/relay.pem"
    assert settings.offices[0].imap.ca_file == tmp_path / "ca/mail.pem"


def test_a_secrets_file_is_sought_beside_the_file_too(tmp_path: Path) -> None:
    """`file:PATH` is a path like any other; `env:NAME` is none."""
    text = "smtp: {secret: 'file:run/relay'}\n" + changed("env:DELHI_PASSWORD", "file:run/delhi") + SECOND
    settings = loaded(tmp_path, "database: {password: 'file:/run/secrets/db'}\n" + text)
    assert settings.database.password == "file:/run/secrets/db"
    assert settings.smtp.secret == f"file:{tmp_path}/run/relay"
    assert [o.imap.secret for o in settings.offices] == [f"file:{tmp_path}/run/delhi", "env:PARIS_PASSWORD"]


def test_folders_are_named_in_the_managers_language(tmp_path: Path) -> None:
    """The first language's usual names, with the office's own laid over them."""
    text = GOOD + "    languages: [fr, en]\n    folders: {fr: {review: À examiner, delays: Délais}, en: {review: No}}\n"
    names = loaded(tmp_path, text).offices[0].folder_names()
    assert names[Role.URGENT] == "Urgent"
    assert names[Role.WEBFORM] == "Formulaire web"
    assert (names[Role.REVIEW], names["delays"]) == ("À examiner", "Délais")


def test_own_addresses_are_those_of_every_office(tmp_path: Path) -> None:
    """Mail from one of them is never answered, however it is written."""
    settings = loaded(tmp_path, GOOD + "    aliases: [Visa.Delhi@Department.Example]\n" + SECOND)
    assert settings.own_addresses() == {
        "manager@visa-delhi.example",
        "visa.delhi@department.example",
        "manager@visa-paris.example",
    }


def test_an_office_that_is_not_there_is_told_of_with_the_nearest(tmp_path: Path) -> None:
    """For `--office delih`."""
    settings = loaded(tmp_path, GOOD)
    assert settings.office("delhi").id == "delhi"
    with pytest.raises(ConfigurationError, match="no office 'delih'; did you mean 'delhi'"):
        settings.office("delih")


def test_each_secret_that_gives_nothing_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the key to mend; those that can be read are not mentioned."""
    monkeypatch.setenv("PARIS_PASSWORD", NEVER_SHOWN)
    monkeypatch.delenv("DELHI_PASSWORD", raising=False)
    settings = loaded(tmp_path, f"smtp: {{secret: 'file:{tmp_path}/none'}}\n" + GOOD + SECOND)
    assert [str(problem) for problem in unreadable_secrets(settings)] == [
        f"triage.yaml: smtp.secret: the file {tmp_path}/none is empty or cannot be read",
        "triage.yaml: office delhi: imap.secret: the environment variable DELHI_PASSWORD is not set",
    ]


def test_a_settings_object_does_not_change(tmp_path: Path) -> None:
    """Threads share it."""
    settings = loaded(tmp_path, GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.offices[0].mode = Mode.LIVE  # type: ignore[misc]


def _judged(data: Any) -> list[str]:

    validator = jsonschema.Draft202012Validator(settings_schema())
    validator.check_schema(validator.schema)
    return [error.message for error in validator.iter_errors(data)]


def test_the_example_is_accepted_by_loader_and_by_schema() -> None:
    """What we ship as an example works, in an editor that checks by the schema too."""
    settings = load_settings(EXAMPLE)
    assert [office.id for office in settings.offices] == ["delhi", "paris"]
    assert _judged(YAML(typ="safe", pure=True).load(EXAMPLE.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"databse": {}}, "'databse' was unexpected"),
        ({"defaults": {"timezon": "Europe/Paris"}}, "'timezon' was unexpected"),
        ({"offices": [{"timezone": "Europe/Paris"}]}, "'id' is a required property"),
        ({"log": {"level": "loud"}}, "'loud' is not one of"),
    ],
    ids=["wrong key", "wrong key in defaults", "no id", "wrong value"],
)
def test_the_schema_refuses_what_the_loader_refuses(mistake: dict[str, Any], said: str) -> None:
    """So that an editor underlines it while it is written."""
    assert any(said in message for message in _judged({"offices": [{"id": "delhi"}], **mistake}))
