"""One function per event. No name, address, subject or text ever gets here: only offices, numbers and codes.

An event names a message by its reference or ledger row, so that an operator can look it up where access is checked.
"""

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Literal

import structlog

from triage.core.policy.decision import Decision

_log = structlog.get_logger()


def set_up(*, form: Literal["json", "console"], level: str) -> None:
    """Log to standard error, as JSON lines or for reading at a terminal."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def service_started(*, offices: int, version: str, rule_set: str, model: str | None) -> None:
    """Tell what is in force: the daemon has begun to watch."""
    _log.info("service-started", offices=offices, version=version, rule_set=rule_set, model=model)


def service_stopping() -> None:
    """A signal asked the daemon to stop; batches in hand are finished."""
    _log.info("service-stopping")


def model_unusable(*, reason: str) -> None:
    """Report that no model could be loaded: everything goes to a person."""
    _log.error("model-unusable", reason=reason, consequence="every message goes to the review folder")


def rules_taken(*, rule_set: str, before: str, offices: Sequence[str], count: int) -> None:
    """Saved rules or templates were found good: from the next batch on they decide."""
    _log.info("rules-taken", rule_set=rule_set, before=before, offices=list(offices), count=count)


def rules_refused(*, kept: str, problems: list[str], count: int) -> None:
    """Saved rules or templates are wrong; the last good set stays in use. Problems come from files of the operator."""
    _log.error("rules-refused", kept=kept, problems=problems, count=count)


def office_state(*, office: str, state: str, detail: str) -> None:
    """The watch over an office changed state; `detail` comes from servers and settings, never from mail."""
    log = _log.warning if state in {"backing-off", "login-refused"} else _log.debug
    log("office-state", office=office, state=state, detail=detail)


def message_decided(*, office: str, mode: str, decision: Decision) -> None:
    """A message was decided and the decision is committed."""
    _log.info(
        "message-decided",
        office=office,
        mode=mode,
        reference=decision.reference,
        rule=decision.rule,
        reason=decision.reason.value,
    )


def messages_repeated(*, office: str, duplicates: int, returned: int) -> None:
    """Messages came whose content was decided before."""
    _log.info("messages-repeated", office=office, duplicates=duplicates, returned=returned)


def messages_withheld(*, office: str, uids: list[int]) -> None:
    """The server listed UIDs and gives no data for them (pitfalls IMAP 22); they are tried at the next sweep."""
    _log.warning("messages-withheld", office=office, uids=uids[:20], count=len(uids))


def messages_filed(*, office: str, filed: int, overtaken: int) -> None:
    """Messages were flagged and moved; `overtaken` had been moved by a person first."""
    _log.info("messages-filed", office=office, filed=filed, overtaken=overtaken)


def filing_failed(*, office: str, count: int, error: str) -> None:
    """The server refused to file messages; they stay in INBOX and are tried again."""
    _log.error("filing-failed", office=office, count=count, error=error)


def office_reconciled(*, office: str, repaired: bool, found: Mapping[str, int]) -> None:
    """Mailbox and ledger were compared: how many messages they do not agree about, by kind."""
    _log.info("office-reconciled", office=office, repaired=repaired, **found)


def reconciling_failed(*, office: str, error: str) -> None:
    """The server refused what comparing needs; mail is handled all the same, and it is tried again in an hour."""
    _log.warning("reconciling-failed", office=office, error=error)


def mail_sent(*, office: str, kind: str, effect: int) -> None:
    """The relay took a mail of ours."""
    _log.info("mail-sent", office=office, kind=kind, effect=effect)


def mail_postponed(*, office: str, kind: str, effect: int, seconds: int) -> None:
    """The relay deferred a mail of ours."""
    _log.warning("mail-postponed", office=office, kind=kind, effect=effect, seconds=seconds)


def mail_failed(*, office: str, kind: str, effect: int, attempts: int) -> None:
    """A mail of ours will not go out; the reason stands in the ledger."""
    _log.error("mail-failed", office=office, kind=kind, effect=effect, attempts=attempts)


def sending_failed(*, about: str, error: str) -> None:
    """What mail goes out by cannot be used; mail waits, and health says for how long."""
    _log.warning("sending-failed", about=about, error=error)


def ledger_purged(*, messages: int, kept: int, rule_sets: int) -> None:
    """What is older than the settings allow was removed; `kept` is old and still needed."""
    _log.info("ledger-purged", messages=messages, kept=kept, rule_sets=rule_sets)


def ledger_unavailable(*, error: str) -> None:
    """The database cannot be used; mail stays in INBOX."""
    _log.error("ledger-unavailable", error=error)


def health_unwritten(*, error: str) -> None:
    """The health file could not be written: it grows old, which tells a probe the same."""
    _log.error("health-unwritten", error=error)
