"""What triage.yaml can say, key by key: frozen and validated; secrets only by reference.

Precedence, lowest first: defaults written here, the file, environment variables (`TRIAGE_DATABASE__URL`
overrides `database: {url: …}`).
"""

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from triage.core.located_yaml import Problem, nearest
from triage.core.message import Language
from triage.core.office import Mode, Office, Role, WorkingHours
from triage.errors import ConfigurationError
from triage.secrets import SecretReference

SHIPPED = Path(__file__).resolve().parent.parent
SHIPPED_RULES = SHIPPED / "rules"
SHIPPED_MODEL = SHIPPED / "classifiers" / "models"
MIB = 1024 * 1024
SECRET = "Where to read the password: env:NAME or file:PATH."  # noqa: S105 - a description

FOLDER_NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        Role.URGENT: "Urgent",
        Role.SERIOUS_ERROR: "Serious errors",
        Role.RECONSIDERATION: "Reconsideration",
        Role.WEBFORM: "Web form",
        Role.REVIEW: "To review",
        Role.AUTOMATED: "Automated",
        Role.SENT: "Sent",
    },
    "fr": {
        Role.URGENT: "Urgent",
        Role.SERIOUS_ERROR: "Erreurs graves",
        Role.RECONSIDERATION: "Réexamen",
        Role.WEBFORM: "Formulaire web",
        Role.REVIEW: "À vérifier",
        Role.AUTOMATED: "Automatisé",
        Role.SENT: "Envoyés",
    },
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is not an IANA time zone{nearest(name, available_timezones())}")
    return name


def _plain_address(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(char.isspace() or char in '<>,;"' for char in address):
        raise ValueError(f"'{address}' is not a plain e-mail address such as manager@office.example")
    return f"{local}@{domain.lower()}"


EmailAddress = Annotated[str, AfterValidator(_plain_address)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Tls = Literal["implicit", "starttls", "none"]
LanguageCode = Literal["en", "fr"]


class Section(BaseModel):
    """A part of triage.yaml: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """Where decisions are recorded."""

    url: str = Field(
        "sqlite:///triage.sqlite3",
        description="SQLAlchemy URL: sqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME, without a password.",
    )
    password: SecretReference | None = Field(None, description=SECRET)


class Server(Section):
    """How to reach a mail server."""

    host: str
    tls: Tls = "implicit"
    allow_plaintext: bool = Field(False, description="Accept `tls: none` to a host that is not this machine.")
    ca_file: Path | None = Field(None, description="Extra certificate authority to trust, PEM.")
    timeout: Annotated[float, Field(gt=0, le=600)] = Field(30, description="Seconds to wait for the server.")


class SmtpSettings(Server):
    """The relay that replies, forwards and notices go out through."""

    host: str = "localhost"
    port: Port = 25
    tls: Tls = "none"
    user: str | None = None
    secret: SecretReference | None = Field(None, description=SECRET)
    messages_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="As many mails as the relay takes in a minute (Exchange Online: 30). Default: no limit."
    )
    final_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        600, description="Seconds to wait for the answer to a whole mail; giving up sooner risks sending it twice."
    )


class ImapSettings(Server):
    """An office's mailbox."""

    port: Port | None = Field(None, description="Default: 993 for implicit TLS, 143 otherwise.")
    user: str
    secret: SecretReference = Field(description=SECRET)

    @property
    def effective_port(self) -> int:
        """The port given, or the usual one for the kind of TLS."""
        return self.port or (993 if self.tls == "implicit" else 143)


class HoursSettings(Section):
    """When the office works; due times count only these hours."""

    days: tuple[Literal[DAYS], ...] = Field(DAYS[:5], min_length=1)  # type: ignore[valid-type]
    opens: time = time(9)
    closes: time = time(17)
    holidays: str | None = Field(None, description="ISO 3166 country whose public holidays the office keeps.")


class Contact(Section):
    """Whom rules may notify: an address by itself, or a webhook."""

    address: EmailAddress | None = Field(None, description="Where mail goes; an address by itself stands for this.")
    webhook: str | None = Field(None, description="An https: address that a small JSON is posted to instead.")
    secret: SecretReference | None = Field(
        None, description="Where to read the key that the webhook's calls are signed with."
    )
    ca_file: Path | None = Field(
        None, description="Certificate authority that the webhook's server is trusted by, PEM."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(10, description="To wait for the webhook's answer.")

    @model_validator(mode="before")
    @classmethod
    def _by_itself(cls, value: Any) -> Any:
        return {"address": _plain_address(value)} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> "Contact":
        if (self.address is None) == (self.webhook is None):
            raise ValueError("expected an address, or {webhook: https://…, secret: env:NAME}")
        if self.webhook and not self.secret:
            raise ValueError("a webhook needs a secret, such as env:NAME, that its calls are signed with")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """An address by itself is one, too."""
        return {"anyOf": [{"type": "string"}, handler(core)]}


class OfficeSettings(Section):
    """One office: who it is and how its inbox is reached."""

    id: Name = Field(description="Short and stable: it is recorded with each decision.")
    names: dict[LanguageCode, str] = Field(description="The office's name for readers: {en: …, fr: …}.")
    address: EmailAddress = Field(description="The manager inbox's own address; replies come from it.")
    aliases: tuple[EmailAddress, ...] = Field((), description="Other addresses that lead to this inbox.")
    timezone: TimeZone = Field(description="IANA name, such as Asia/Kolkata.")
    languages: tuple[LanguageCode, ...] = Field(("en", "fr"), min_length=1, description="The managers' first.")
    mode: Mode = Field(Mode.SHADOW, description="shadow: decide and record, touch nothing. live: act.")
    imap: ImapSettings
    hours: HoursSettings = HoursSettings()
    folders: dict[LanguageCode, dict[Name, Annotated[str, StringConstraints(min_length=1)]]] = Field(
        default_factory=dict,
        description="Folder names by language and role, where they differ from the usual; extra names for rules.",
    )
    units: dict[Name, EmailAddress] = Field(default_factory=dict, description="Units that rules may forward to.")
    contacts: dict[Name, Contact] = Field(
        default_factory=dict, description="Whom rules may notify: addresses, or webhooks."
    )
    webform_url: str = Field(description="The case-specific enquiry form that redirected senders are told of.")
    authserv_id: str | None = Field(
        None, description="The mail server whose Authentication-Results headers are believed (RFC 8601)."
    )
    replies_per_sender_a_day: Annotated[int, Field(ge=0, le=100)] = 4
    read_attachments: bool = Field(
        False, description="Read attached PDF and Word letters where a short text leaves its ask to them."
    )

    def folder_names(self) -> Mapping[str, str]:
        """Folder by role or extra name, in the language of the office's managers."""
        language = self.languages[0]
        return {**FOLDER_NAMES[language], **self.folders.get(language, {})}

    def profile(self) -> Office:
        """Give the office as the core sees it: no server, no secret."""
        return Office(
            id=self.id,
            names={str(language): name for language, name in self.names.items()},
            address=self.address,
            aliases=frozenset(alias.lower() for alias in self.aliases),
            zone=ZoneInfo(self.timezone),
            languages=tuple(Language(code) for code in self.languages),
            hours=WorkingHours(
                days=frozenset(DAYS.index(day) for day in self.hours.days),
                opens=self.hours.opens,
                closes=self.hours.closes,
                holidays=self.hours.holidays,
            ),
            folders=self.folder_names(),
            units=dict(self.units),
            contacts={name: contact.address for name, contact in self.contacts.items()},
            webform_url=self.webform_url,
            mode=self.mode,
            authserv_id=self.authserv_id,
            replies_per_sender_a_day=self.replies_per_sender_a_day,
            read_attachments=self.read_attachments,
        )


class WatchSettings(Section):
    """How inboxes are watched."""

    renew_idle_seconds: Annotated[float, Field(ge=1, le=1740)] = Field(
        540, description="IDLE is renewed, and the inbox swept, this often; servers drop it from 10 minutes on."
    )
    poll_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(60, description="Used where IDLE does not work.")
    connections_per_host: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="No more sessions than this with one server at once, for all offices there together; an office that"
        " others wait for gives its place up after `poll_seconds`. Left out: one for each office.",
    )
    logins_per_second: Annotated[float, Field(gt=0, le=1000)] = Field(
        20, description="No faster than this does one server get logins, as at the start with many offices."
    )
    message_limit_mib: Annotated[int, Field(ge=1, le=200)] = Field(
        25, description="Larger messages are read by header and text only."
    )

    @property
    def message_limit(self) -> int:
        """The limit in bytes."""
        return self.message_limit_mib * MIB


class SecondOpinionSettings(Section):
    """Who else is asked about messages that the model leaves unsure; nobody, where this section is not given."""

    plugin: Name = Field(description="Entry point of the group triage.classifiers; `endpoint` is shipped.")
    url: str = Field("", description="Base address of the server that is asked, such as https://llm.office.example/v1.")
    model: str = Field("", description="Which of the server's models is asked.")
    secret: SecretReference | None = Field(None, description="Where to read the server's key: env:NAME or file:PATH.")
    allow_plaintext: bool = Field(False, description="Accept an http: url to a host that is not this machine.")
    ca_file: Path | None = Field(None, description="Extra certificate authority to trust, PEM.")
    timeout_seconds: Annotated[float, Field(gt=0, le=15)] = Field(10, description="To wait for one message's opinion.")
    record: Path = Field(
        Path("opinions.json"), description="What an evaluation has shown that the opinion may settle; see below."
    )


class LogSettings(Section):
    """What is logged; never a name, an address or a text."""

    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


class HealthSettings(Section):
    """When `triage health` says that mail is not being handled."""

    file: Path = Field(Path("triage-health.json"), description="Written by the daemon, read by `triage health`.")
    sweep_age_seconds: Annotated[float, Field(gt=0)] = Field(
        1200, description="An office whose last completed sweep is older is unhealthy."
    )
    silence_seconds: Annotated[float, Field(gt=0)] = Field(
        60, description="The service is unhealthy when the daemon has not written the file for so long."
    )
    waiting_age_seconds: Annotated[float, Field(gt=0)] = Field(
        900, description="An office with an untouched message older than this is unhealthy."
    )


class RetentionSettings(Section):
    """How long the ledger keeps what it need not keep to work; for ever, where nothing is said."""

    decisions_days: Annotated[int, Field(ge=30, le=36500)] | None = Field(
        None, description="Decisions with their facts and effects are removed, once a day, when they are older."
    )


class ErrorBudgetSettings(Section):
    """The errors that the department allows; what cannot be decided within them goes to a person."""

    as_webform: Annotated[float, Field(ge=0, le=0.2)] = Field(
        0.01, description="Of messages that need a person, so many may be decided web form."
    )
    urgent_as_other: Annotated[float, Field(ge=0, le=0.2)] = Field(
        0.02, description="Of urgent messages, so many may be decided anything but urgent or unsure."
    )


class Settings(BaseSettings):
    """All of triage.yaml."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="TRIAGE_", env_nested_delimiter="__", title="triage.yaml"
    )

    database: DatabaseSettings = DatabaseSettings()
    smtp: SmtpSettings = SmtpSettings()
    watch: WatchSettings = WatchSettings()
    log: LogSettings = LogSettings()
    health: HealthSettings = HealthSettings()
    rules: Path = Field(SHIPPED_RULES, description="Folder with default.yaml and templates/.")
    model: Path = Field(SHIPPED_MODEL, description="The classifier's model: its folder, or one of several versions.")
    retention: RetentionSettings = RetentionSettings()
    error_budget: ErrorBudgetSettings = ErrorBudgetSettings()
    second_opinion: SecondOpinionSettings | None = Field(
        None, description="Who else is asked about messages that the model leaves unsure."
    )
    reading_processes: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Processes that read and classify mail. Default: one for each core."
    )
    defaults: dict[str, Any] = Field(
        default_factory=dict, description="Keys of an office that hold for all offices unless one says otherwise."
    )
    offices: tuple[OfficeSettings, ...] = Field(min_length=1)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file; read nothing else."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    def office(self, office_id: str) -> OfficeSettings:
        """The office of that id; raises ConfigurationError naming the ids there are."""
        for office in self.offices:
            if office.id == office_id:
                return office
        known = nearest(office_id, (office.id for office in self.offices))
        raise ConfigurationError([Problem(file="--office", message=f"no office '{office_id}'{known}")])

    def chosen(self, office_id: str | None) -> tuple[OfficeSettings, ...]:
        """The office of that id, or all where none is named. Raises what `office` does."""
        return (self.office(office_id),) if office_id else self.offices

    def own_addresses(self) -> frozenset[str]:
        """Every address of every office, lower case: mail from one of them is never answered."""
        return frozenset(address.lower() for office in self.offices for address in (office.address, *office.aliases))
