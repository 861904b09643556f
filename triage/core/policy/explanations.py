"""What each key of a file of rules means, with examples: the words that editors show and docs/rules.md is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One key."""

    text: str  # what it asks or does, for operators; Markdown, wrapped
    examples: tuple[str, ...]  # YAML of its value
    kind: str = "value"  # what its values are called
    values: Mapping[str, str] = field(default_factory=dict)  # each value's meaning, where names alone do not tell
    note: str = ""  # what stands below the example


_FILE = {
    "RulesFile.rules": Explained(
        text="The rules, tried from the top; the first that matches wins.",
        examples=("[{id: all, description: A person looks at everything., then: {folder: review, reply: none}}]",),
    ),
    "Rule.id": Explained(
        text="""\
Short: lower-case letters, digits, - and _, a letter first. Recorded with each decision, so it should not change.""",
        examples=("biometrics-mix-up",),
    ),
    "Rule.description": Explained(
        text="Says to people what the rule does and why.",
        examples=("Biometrics that were matched to another person go to the biometrics unit.",),
    ),
    "Rule.when": Explained(
        text="What a message must be. Left out: the rule matches every message.",
        examples=("{all: [{label: urgent}], none: [{machine: any}]}",),
    ),
    "Rule.then": Explained(text="What is done with it.", examples=("{folder: review, reply: none, flag: true}",)),
    "When.all": Explained(text="Each of these must hold.", examples=("[{label: webform}, {topic: biometrics}]",)),
    "When.any": Explained(text="At least one of these must hold.", examples=("[{language: en}, {language: mixed}]",)),
    "When.none": Explained(text="Not one of these may hold.", examples=("[{answers: our-reply}]",)),
}

_CONDITIONS = {
    "Condition.label": Explained(
        text="""\
What the classifier decided: `urgent`, `serious_error`, `reconsideration`, `webform`, or `unsure` where it could not
decide within the error that it promises. Machine mail has no label, so this never matches it.""",
        examples=("[urgent, serious_error]",),
    ),
    "Condition.probability": Explained(
        text="""\
How probable a label is, from 0 to 1: `at_least`, `at_most`, or both. A label is decided on more than its probability,
so ask for `label` where you mean the decision.""",
        examples=("{of: urgent, at_least: 0.2, at_most: 0.9}", "{at_least: 0.95}"),
    ),
    "ProbabilityCondition.of": Explained(
        text="The label that is meant. Left out: the likeliest.", examples=("urgent",)
    ),
    "ProbabilityCondition.at_least": Explained(text="Not less than this.", examples=("0.2",)),
    "ProbabilityCondition.at_most": Explained(text="Not more than this.", examples=("0.9",)),
    "Condition.machine": Explained(
        text="A machine wrote it, as headers and structure tell. `any`, or one or more of:",
        kind="kind",
        values={
            "bounce": "a mail could not be delivered",
            "disposition-notice": "a read receipt",
            "auto-reply": "an absence notice, a help desk's receipt",
            "auto-generated": "written by a program, in answer to nothing",
            "list": "from a mailing list",
            "bulk": "a mailing, such as a newsletter",
            "calendar": "an invitation, or an answer to one",
            "own-reply": "an automatic mail of this service that came back",
            "own-office": "from the address of one of your own offices",
        },
        examples=("any", "[bounce, auto-reply]"),
    ),
    "Condition.unparseable": Explained(
        text="""\
`true`: the message could not be read whole (broken, encrypted, beyond the limits). It may hold anything.""",
        examples=("true",),
    ),
    "Condition.authentication": Explained(
        text="""\
What the office's own mail server found out about the sender's domain. `pass`: the domain vouches for the message.
`fail`: it denies having sent it. `none`: nothing that can be believed was said, as long as `authserv_id` is not set in
`triage.yaml`.""",
        examples=("fail",),
    ),
    "Condition.language": Explained(
        text="Of the newest text: `en`, `fr`, `mixed`, or `unknown`.", examples=("[fr, mixed]",)
    ),
    "Condition.deadline_within_days": Explained(
        text="""\
The text names a date ahead on which a harm falls (a flight, a hearing, a funeral), at most so many days after the date
of the message. 0 to 365.""",
        examples=("15",),
    ),
    "Condition.has": Explained(
        text="A fact was found:",
        kind="fact",
        values={
            "identifier": "an application number or UCI",
            "date": "any date",
            "deadline": "a date ahead on which a harm falls",
            "decision": "a refusal, return, cancellation or finding is spoken of",
            "asks_to_reopen": "words that ask to reconsider or reopen",
            "prior_enquiry": "words that say that the ordinary channel was tried",
            "representative": "words that say that the writer acts for somebody",
            "harm": "a harm is named: a death, an illness, a removal, a crew that is missing, a visa that lapses, …",
            "office-error": (
                "something that the office is said to have done wrong, and not a slip of the sender's own"
            ),
            "attachment": "an attached file",
        },
        examples=("[identifier, representative]",),
    ),
    "Condition.topic": Explained(
        text="""\
What the text is about, among other things, whatever its label. A topic is found by its words, so it is right most of
the time and no more: good for routing, not for closing a case.""",
        kind="topic",
        values={
            "biometrics": "fingerprints to give, or given and in dispute; not those told as done",
            "privacy-breach": "one person's letter or data that came to another",
            "misconduct": "rude or corrupt staff",
            "litigation": "a court case against the department, its orders, a threat of one",
            "minister-or-mp": "the Minister, a member of parliament, a senator",
            "medical": "a medical examination still open, or somebody's illness",
            "minor-child": "a child who is concerned",
        },
        examples=("[privacy-breach, minister-or-mp]",),
    ),
    "Condition.office": Explained(
        text="The `id` of one or more offices, where a rule is for these alone.", examples=("[delhi, manila]",)
    ),
    "Condition.header": Explained(
        text="A header field and a pattern that some part of its value must match (see [Patterns](#patterns)).",
        examples=(
            r"{name: Subject, matches: '\bbiometrics?\b'}",
            r"{name: From, matches: '@(courts|tribunal)\.example>?$'}",
        ),
    ),
    "HeaderCondition.name": Explained(
        text="The field's name; upper and lower case are the same.", examples=("Subject",)
    ),
    "HeaderCondition.matches": Explained(
        text="A pattern of RE2, at most 500 characters; upper and lower case are the same.",
        examples=(r"'\bbiometrics?\b'",),
    ),
    "Condition.answers": Explained(
        text="""\
`our-reply`: it answers an automatic reply of ours. `an-exchange`: it belongs to an exchange that the ledger knows.""",
        examples=("our-reply",),
    ),
}

_ACTIONS = {
    "Then.folder": Explained(
        text="""\
A role: `urgent`, `serious_error`, `reconsideration`, `webform`, `review`, `automated`. Each office calls it by its own
name ([configuration.md](configuration.md#folders)). A name of your own works once it stands under `folders` of every
office that the rule may win at.""",
        examples=("review",),
    ),
    "Then.reply": Explained(
        text="The automatic reply's [template](#templates), or `none`.",
        examples=("redirect-webform",),
        note="""\
Whatever a rule says, no reply goes to machine mail, to a message with an empty envelope sender, to one whose domain
denies it, to the inbox itself, to an address that says it is not read (`no-reply@…`), or to a sender who has had
`replies_per_sender_a_day` in 24 hours. `triage explain` and `triage messages show` say when that happened.""",
    ),
    "Then.flag": Explained(
        text="`true`: the message is marked as important in the managers' mail program (a star or a red flag).",
        examples=("true",),
    ),
    "Then.keywords": Explained(
        text="""\
IMAP keywords: one, or a list. Mail programs can show, search and colour them; servers that keep none are given
none.""",
        examples=("[$Urgent, $Court]",),
    ),
    "Then.forward": Explained(
        text="A unit under `units` of the office: the whole message is sent on to it.", examples=("litigation",)
    ),
    "Then.notify": Explained(
        text="""\
One or more of the office's `contacts`. They are sent reference, label, folder, due time and the date that was read in
the message, and no words of the sender. `triage check` warns where an office names no such contact.""",
        examples=("[duty, deputy]",),
    ),
    "Then.respond_within": Explained(
        text="""\
By when a person must have answered: `30 working minutes`, `4 working hours`, `2 working days`. Only the office's own
hours count (`hours`), less its holidays. Shown in replies, notices and `triage messages list`.""",
        examples=("4 working hours",),
    ),
}

# By "Model.key" of the schema.
EXPLAINED: Mapping[str, Explained] = {**_FILE, **_CONDITIONS, **_ACTIONS}
