"""Reads and checks triage.yaml: settings, or every problem at once, each with its line and key."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from triage.core.located_yaml import Document, Problem, parse_yaml, validate
from triage.errors import ConfigurationError
from triage.secrets import read_secret
from triage.settings import (
    Contact,
    DatabaseSettings,
    ImapSettings,
    SecondOpinionSettings,
    Server,
    Settings,
    SmtpSettings,
)

ServerT = TypeVar("ServerT", SmtpSettings, ImapSettings)


def load_settings(file: Path) -> Settings:
    """Read and check triage.yaml; relative paths in it are relative to its folder.

    Raises ConfigurationError with every problem found, each with its line and key.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read ({error}); name another with --config, or see docs/configuration.md"
        raise ConfigurationError([Problem(file=str(file), message=message)]) from error
    document = parse_yaml(text, file=str(file))
    if isinstance(document, Problem):
        raise ConfigurationError([document])
    if not isinstance(document.data, dict):
        raise ConfigurationError([document.problem((), "expected keys and values, such as 'offices:'")])
    settings = validate(_with_defaults(document), Settings)
    if isinstance(settings, list):
        raise ConfigurationError(settings)
    if problems := _cross_check(settings, document):
        raise ConfigurationError(problems)
    return _resolved(settings, file.resolve().parent)


def settings_schema() -> Mapping[str, Any]:
    """JSON Schema of triage.yaml, for editors; keys that `defaults` may supply are not required of an office."""
    schema = Settings.model_json_schema()
    office = schema["$defs"]["OfficeSettings"]
    office["required"] = ["id"]
    del schema["$defs"]["ImapSettings"]["required"]  # as `defaults` may supply some keys and an office the rest
    defaults = schema["properties"]["defaults"]
    defaults.pop("additionalProperties", None)
    defaults |= {"properties": office["properties"], "additionalProperties": False}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def unreadable_secrets(settings: Settings) -> list[Problem]:
    """One problem for each secret reference that gives nothing."""
    references = {"database.password": settings.database.password, "smtp.secret": settings.smtp.secret}
    if settings.second_opinion:
        references["second_opinion.secret"] = settings.second_opinion.secret
    references |= {f"office {office.id}: imap.secret": office.imap.secret for office in settings.offices}
    references |= {
        f"office {office.id}: contacts.{name}.secret": contact.secret
        for office in settings.offices
        for name, contact in office.contacts.items()
    }
    problems = []
    for key, reference in references.items():
        if reference is not None:
            try:
                read_secret(reference)
            except ConfigurationError as error:
                problems += [Problem(file="triage.yaml", key=key, message=p.message) for p in error.problems]
    return problems


def _with_defaults(document: Document) -> Document:
    """Lay `defaults` under each office, two levels deep, keeping the line numbers of what the office says."""
    defaults, offices = document.data.get("defaults"), document.data.get("offices")
    if isinstance(defaults, dict) and isinstance(offices, list):
        for office in offices:
            if isinstance(office, dict):
                for key, value in defaults.items():
                    if isinstance(value, dict) and isinstance(office.get(key), dict):
                        office[key].update({k: v for k, v in value.items() if k not in office[key]})
                    else:
                        office.setdefault(key, value)
    return document


def _cross_check(settings: Settings, document: Document) -> list[Problem]:
    problems: list[Problem] = []
    if not _private_enough(settings.smtp):
        problems.append(document.problem(("smtp", "tls"), _PLAINTEXT.format(host=settings.smtp.host)))
    if settings.second_opinion and (wrong := _wrong_url(settings.second_opinion)):
        problems.append(document.problem(("second_opinion", "url"), wrong))
    seen: dict[str, str] = {}
    for number, office in enumerate(settings.offices):
        here = ("offices", number)
        if not _private_enough(office.imap):
            problems.append(document.problem((*here, "imap", "tls"), _PLAINTEXT.format(host=office.imap.host)))
        if "en" not in office.names or "fr" not in office.names:
            problems.append(document.problem((*here, "names"), "give the name in both languages: {en: …, fr: …}"))
        if office.hours.opens >= office.hours.closes:
            problems.append(document.problem((*here, "hours"), "the office must open before it closes"))
        for name, contact in office.contacts.items():
            if contact.webhook and not _private_call(contact.webhook):
                problems.append(document.problem((*here, "contacts", name, "webhook"), _WEBHOOK))
        folders = office.folder_names()
        for name in sorted({name for name in folders.values() if [*folders.values()].count(name) > 1}):
            problems.append(document.problem((*here, "folders"), f"two roles share the folder '{name}'"))
        if any(name.upper() == "INBOX" for name in folders.values()):
            problems.append(document.problem((*here, "folders"), "INBOX is the queue; sort into other folders"))
        for value in sorted({office.id, *(a.lower() for a in (office.address, *office.aliases))}):
            if value in seen:
                key = "id" if value == office.id else "address"
                problems.append(document.problem((*here, key), f"'{value}' is also of office '{seen[value]}'"))
            seen[value] = office.id
    return problems


_PLAINTEXT = (
    "'none' would send mail and passwords in the clear to {host}; use implicit or starttls, "
    "or say allow_plaintext: true if the network itself is private"
)


_WEBHOOK = "expected an https: address, without a user or a password; http: only to this machine"


def _private_call(url: str) -> bool:
    """Whether a webhook's address is one that may be called."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _wrong_url(asked: SecondOpinionSettings) -> str:
    """What is wrong with the address of the server that gives second opinions; empty: nothing."""
    if not asked.url:
        return ""
    try:
        parts = urlsplit(asked.url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    # The address is not repeated where it may hold a password.
    if not host or parts.scheme not in {"https", "http"} or "@" in parts.netloc or parts.query or parts.fragment:
        return "expected an address such as https://llm.office.example/v1, without a user, a password or a query"
    if parts.scheme == "http" and not asked.allow_plaintext and not _is_loopback(host):
        return (
            f"http would send what people wrote in the clear to {host}; use https, or say allow_plaintext: true if "
            "the network itself is private"
        )
    return ""


def _private_enough(server: Server) -> bool:
    return server.tls != "none" or server.allow_plaintext or _is_loopback(server.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _resolved(settings: Settings, folder: Path) -> Settings:
    """Make relative paths relative to the settings file's folder, not to where the command was run."""
    return settings.model_copy(
        update={
            "database": _database_beside(settings.database, folder),
            "smtp": _server_beside(settings.smtp, folder),
            "offices": tuple(
                office.model_copy(
                    update={
                        "imap": _server_beside(office.imap, folder),
                        "contacts": {name: _contact_beside(one, folder) for name, one in office.contacts.items()},
                    }
                )
                for office in settings.offices
            ),
            "rules": folder / settings.rules,
            "model": folder / settings.model,
            "second_opinion": _opinion_beside(settings.second_opinion, folder),
            "health": settings.health.model_copy(update={"file": folder / settings.health.file}),
        }
    )


def _database_beside(database: DatabaseSettings, folder: Path) -> DatabaseSettings:
    url, prefix = database.url, "sqlite:///"
    if url.startswith(prefix) and not Path(url.removeprefix(prefix)).is_absolute():
        url = prefix + str(folder / url.removeprefix(prefix))
    return database.model_copy(update={"url": url, "password": _secret_beside(database.password, folder)})


def _server_beside(server: ServerT, folder: Path) -> ServerT:
    ca_file = folder / server.ca_file if server.ca_file else None
    return server.model_copy(update={"ca_file": ca_file, "secret": _secret_beside(server.secret, folder)})


def _contact_beside(contact: Contact, folder: Path) -> Contact:
    ca_file = folder / contact.ca_file if contact.ca_file else None
    return contact.model_copy(update={"ca_file": ca_file, "secret": _secret_beside(contact.secret, folder)})


def _opinion_beside(asked: SecondOpinionSettings | None, folder: Path) -> SecondOpinionSettings | None:
    if asked is None:
        return None
    ca_file = folder / asked.ca_file if asked.ca_file else None
    secret = _secret_beside(asked.secret, folder)
    return asked.model_copy(update={"ca_file": ca_file, "secret": secret, "record": folder / asked.record})


def _secret_beside(reference: str | None, folder: Path) -> str | None:
    kind, _, place = (reference or "").partition(":")
    return f"file:{folder / place}" if kind == "file" else reference
