"""A decision about one message: the rule that won, why, and the plan of effects that follows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triage.core.effects import Effect


class Reason(StrEnum):
    """Why a message is treated as it is: a closed list of stable codes, stored and shown.

    The sentence beside each is what people read; docs/rules.md is tested against this list.
    """

    def __new__(cls, code: str, sentence: str) -> "Reason":
        """Keep the human sentence beside the stable code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    sentence: str

    LABEL = "label", "The classifier was sure of the label that the rule asks for."
    UNSURE = (
        "unsure",
        "The classifier could not place the message within the promised error; a person decides.",
    )
    NO_MODEL = "no-model", "No usable model gave an answer, so a person decides."
    AUTOMATED = "automated", "A machine wrote the message; it is set aside and never answered."
    UNPARSEABLE = "unparseable", "The message could not be read whole, so a person looks at it."
    SUSPECT_SENDER = (
        "suspect-sender",
        "The sender's domain denies having sent the message; it is not answered.",
    )
    ANSWERS_US = "answers-us", "It continues an exchange with this office, so a person reads it."
    FACT = "fact", "A rule about the message's facts, headers or office matched."
    NO_RULE = "no-rule", "No rule matched, so a person decides."
    FAILED = "failed", "Deciding failed on this message, so a person looks at it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTrial:
    """One condition of a rule, tried on one message; for the person who looks, never stored or logged."""

    condition: str  # as the rule file says it: "label: urgent"; "not machine: any" where it stands under `none`
    matched: bool  # it is as the rule asks
    found: str  # what the message has: "webform"; a header's value is cut, and its long numbers masked


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrial:
    """One rule, tried on one message; conditions after the one that settled it may be missing."""

    rule: str
    matched: bool
    conditions: tuple[ConditionTrial, ...]
    enforced: bool = True  # False: one on trial (`enforce: false`), which does not win though it matches


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTrial:
    """What the first rule on trial that matched above the winner would have done; nothing of it is done."""

    rule: str
    folder: str  # name of the mailbox
    reply: str  # template of the reply that would have gone out, or "none"
    due_at: datetime | None = None  # aware UTC


THIS_WEEK = timedelta(days=7)  # as History counts it: back from the decision


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the ledger knows of a message's sender and thread when the decision is made."""

    replies_today: int = 0  # automatic replies to this sender in the last 24 hours
    # From this sender to this office in the last seven days, this one included; None: the ledger was not asked, or the
    # message names no sender.
    messages_this_week: int | None = None
    answers: str | None = None  # reference of the earlier request that this message belongs to
    answers_our_reply: bool = False  # a direct answer to an automatic reply of ours


NO_HISTORY = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done with one message, complete: nothing is decided after this record is made."""

    rule: str  # id of the rule that won
    reason: Reason
    folder: str  # name of the mailbox it goes to
    reference: str  # stable number for people: same message, same reference
    answers: str | None = None  # reference of the exchange that it belongs to
    due_at: datetime | None = None  # aware UTC: when a person must have answered
    plan: tuple[Effect, ...] = ()  # in the order they are done
    notes: tuple[str, ...] = ()  # sentences: what the rule asked for and was not planned, and why
    unanswerable: str = ""  # why no automatic reply may go out, whatever a rule says; empty: one may
    trials: tuple[RuleTrial, ...] = ()  # every rule tried, the winner last
    always_tried: tuple[RuleTrial, ...] = ()  # everything under `always`, in order; what matched was added
    on_trial: OnTrial | None = None  # None: no rule on trial would have won
    rule_set: str = ""  # digest of the rules and templates in force

    @property
    def always(self) -> tuple[str, ...]:
        """Ids of what was added, whichever rule won."""
        return tuple(one.rule for one in self.always_tried if one.matched)
