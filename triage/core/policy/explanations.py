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
    "RulesFile.parameters": Explained(
        text="""\
Values by name, for all offices. A rule names one as the whole value of a key, such as
`respond_within: ${urgent_answer_within}`; between `{` and `}` it stands in quotes: `{folder: "${urgent_folder}"}`. An
[office's own file](#one-offices-own-rules) may set another value.""",
        examples=("{urgent_answer_within: 4 working hours, night_keywords: [$Urgent, $Night]}",),
    ),
    "RulesFile.rules": Explained(
        text="The rules, tried from the top; the first that matches wins.",
        examples=("[{id: all, description: A person looks at everything., then: {folder: review, reply: none}}]",),
    ),
    "RulesFile.always": Explained(
        text="What is added to whatever the winner does ([below](#what-is-always-added)).",
        examples=(
            "[{id: court-tag, description: Marks what speaks of a court., when: {all: [{topic: litigation}]},"
            " then: {keywords: $Court}}]",
        ),
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
    "Rule.enforce": Explained(
        text="`false`: a trial ([below](#a-rule-on-trial)). Its winning is recorded, and nothing of it is done.",
        examples=("false",),
    ),
    "Rule.then": Explained(text="What is done with it.", examples=("{folder: review, reply: none, flag: true}",)),
    "Rule.justification": Explained(
        text="""\
Why a rule treats people by [who they are](#fairness), in a sentence. Loading refuses such a rule without; reports list
it.""",
        examples=("The mission has no translator on staff, so letters in French go to the regional desk.",),
    ),
    "RulesFile.floors": Explained(
        text="What [no rule may go under](#floors), whichever wins.",
        examples=(
            "[{id: urgent-flagged, description: What is urgent is flagged., when: {all: [{label: urgent}]}, "
            "must: {flag: true}}]",
        ),
    ),
    "When.all": Explained(text="Each of these must hold.", examples=("[{label: webform}, {topic: biometrics}]",)),
    "When.any": Explained(text="At least one of these must hold.", examples=("[{language: en}, {language: mixed}]",)),
    "When.none": Explained(text="Not one of these may hold.", examples=("[{answers: our-reply}]",)),
}

_FLOORS = {
    "Floor.id": Explained(
        text="Short, like a rule's, and not that of a rule. Problems name it.", examples=("urgent-is-seen",)
    ),
    "Floor.description": Explained(
        text="Says to people what it protects, and why.", examples=("What is urgent is put before a person in time.",)
    ),
    "Floor.when": Explained(
        text="The messages that are protected, in the words of a rule's conditions.",
        examples=("{all: [{label: urgent}], none: [{authentication: fail}]}",),
    ),
    "Floor.must": Explained(
        text="What these get at the least, whichever rule wins.", examples=("{flag: true, notify: duty}",)
    ),
    "Floor.reply": Explained(text="A template that is not for everybody.", examples=("redirect-webform",)),
    "Floor.only_when": Explained(
        text="The only messages that it may be sent to.",
        examples=("{all: [{label: webform}], none: [{answers: our-reply}]}",),
    ),
    "Must.reply": Explained(text="`any`: some automatic reply, whichever.", examples=("any",)),
    "Must.flag": Explained(text="`true`: it is marked as important.", examples=("true",)),
    "Must.notify": Explained(text="These contacts are told; others may be, too.", examples=("duty", "[duty, deputy]")),
    "Must.not_in": Explained(
        text="Roles of folders that it is never filed in, since nobody looks for such a message there.",
        examples=("[automated, sent]",),
    ),
    "Must.respond_within": Explained(
        text="""\
The rule's `respond_within` is no later than this. Hours and days are compared by the length of the office's day.""",
        examples=("4 working hours",),
    ),
}

_ALWAYS = {
    "Always.id": Explained(
        text="As of a rule, and no rule's. Recorded with each decision that it adds something to.",
        examples=("court-tag",),
    ),
    "Always.description": Explained(
        text="Says to people what is added and why.", examples=("Marks whatever speaks of a court.",)
    ),
    "Always.when": Explained(
        text="What a message must be, as in a rule. Left out: it is added to every message.",
        examples=("{all: [{topic: litigation}], none: [{machine: any}]}",),
    ),
    "Always.then": Explained(
        text="What is added: `keywords`, `notify`, or both; nothing else.",
        examples=("{keywords: $Court, notify: duty}",),
    ),
    "Always.justification": Explained(
        text="As of a rule: why it looks at [who the sender is](#fairness).",
        examples=("The mission has no translator on staff, so letters in French are marked for the regional desk.",),
    ),
    "AlwaysThen.keywords": Explained(text="One keyword, or a list, beside the winner's.", examples=("[$Court]",)),
    "AlwaysThen.notify": Explained(
        text="One contact or more, who are told once, also where the winner tells them. Not of machine mail.",
        examples=("duty",),
    ),
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
        text="Of the newest text: `en`, `fr`, `mixed`, or `unknown`. Needs a [justification](#fairness).",
        examples=("[fr, mixed]",),
    ),
    "Condition.deadline_within_days": Explained(
        text="""\
The text names a date ahead on which a harm falls (a flight, a hearing, a funeral), at most so many days after the date
of the message. 0 to 365.""",
        examples=("15",),
    ),
    "Condition.deadline_within_working_days": Explained(
        text="""\
The office has at most so many working days left for the same deadline, counted by its own days and holidays when the
message is decided. Today is 0, tomorrow 1 where the office works then. A deadline on a day off counts as on the last
working day before it. One that passed while the message waited counts as today: that the office was late takes nothing
from the sender. 0 to 260.""",
        examples=("2",),
        note="""\
`deadline_within_days` counts every day from the date of the message. On a Friday, a flight on Monday is 3 days away and
leaves 1 working day.""",
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
            "representative": "words that say that the writer acts for somebody; needs a [justification](#fairness)",
            "harm": "a harm is named: a death, an illness, a removal, a crew that is missing, a visa that lapses, …",
            "office-error": (
                "something that the office is said to have done wrong, and not a slip of the sender's own"
            ),
            "attachment": "an attached file",
        },
        examples=("[identifier, decision]",),
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
    "Condition.harm": Explained(
        text="A harm is named, come or to come; whether it is near, only a deadline tells.",
        kind="harm",
        values={
            "death-or-funeral": "a dying or dead person, a funeral",
            "illness-or-surgery": "an illness, an operation, a birth",
            "removal-or-detention": "somebody is to be removed, or is held",
            "danger": "violence, persecution, no shelter",
            "separation-of-child": "a child alone, or away from those who care for it",
            "work-stopped": "a shutdown, a harvest, a crew that is missing; a job lost",
            "study-lost": "a place, a term or a scholarship",
            "lapse": "a visa, medical, status or offer lapses, or the application itself at a date of the office",
            "event-missed": "a wedding, a competition, a premiere, an examination",
            "money-lost": "a fare, a fee, a deposit",
            "stranded": "cannot board, go home or travel",
        },
        examples=("[death-or-funeral, illness-or-surgery]",),
    ),
    "Condition.office_error": Explained(
        text="""\
Something that the office is said to have done wrong; not a slip of the sender's own. It is what the sender says, and
nobody has looked yet.""",
        kind="error",
        values={
            "wrong-name": "a name or a sex",
            "wrong-date": "of birth, of validity, of lock-in",
            "wrong-document": "another document than granted, or one with a wrong employer, entry or photograph",
            "lost-document": "a document that was handed in is lost",
            "overlooked-document": "said to be missing though it was there",
            "other-persons-letter": "what is one person's came to another",
            "fee": "charged twice, or recorded as unpaid",
            "wrong-stream": "taken for an application of another kind",
            "wrong-person": "two people or files taken for one",
            "returned-though-complete": "an application returned as incomplete that was complete",
            "biometrics-mixed-up": "matched to another person, or recorded as not given",
            "not-recorded": "told to the office and left out: a child, an address, a representative",
            "misread-fact": "a fact of the file stated wrongly",
        },
        examples=("biometrics-mixed-up",),
    ),
    "Condition.decision": Explained(
        text="A decision of the office that the text speaks of.",
        kind="decision",
        values={
            "refusal": "refused",
            "return": "returned as incomplete",
            "cancellation": "cancelled or revoked",
            "finding": "found inadmissible, or to have misrepresented",
        },
        examples=("[refusal, finding]",),
    ),
    "Condition.time": Explained(
        text="What time it is at the office, by its own clock, `hours` and holidays, when the message is decided.",
        kind="time",
        values={
            "office-hours": "from opening until closing on a working day",
            "outside-hours": "all other times, holidays too",
            "holiday": "a public holiday, all day, whatever its weekday; never where `holidays` is not set",
        },
        examples=("outside-hours", "[office-hours]"),
        note="""\
It is the time of the decision, not of arrival: what matters is whether anybody is there now who will see the message
or be told of it. Mail is decided as it comes, so the two differ only where the service was stopped. Mail of the night
that is decided in the morning is then treated as the morning's. A decision tried again later
([below](#trying-a-change)) has the time that it was made at.""",
    ),
    "Condition.office": Explained(
        text="The `id` of one or more offices, where a rule is for these alone.", examples=("[delhi, manila]",)
    ),
    "Condition.header": Explained(
        text="""\
A header field and a pattern that some part of its value must match (see [Patterns](#patterns)). Most fields are about
the sender, and need a [justification](#fairness).""",
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
    "Condition.sender": Explained(
        text="""\
Who the message says it is from: the first address of From. By address, by domain, or by a pattern. Anybody can write
any name there: ask for `authentication: pass` beside it wherever that matters.""",
        examples=(
            "{address: [registry@courts.example, clerk@courts.example]}",
            "{domain: courts.example}",
            r"{matches: '^(registry|clerk)@.*\bcourts\.example$'}",
        ),
        note="""\
It treats people by who they are, not by what they need: a rule that asks for it must say why (`justification`). The
ledger keeps no address, so `triage rules simulate` cannot tell what such a rule would have done with recorded mail; try
it on a folder.""",
    ),
    "SenderCondition.address": Explained(
        text="One or more addresses; upper and lower case are the same.", examples=("registry@courts.example",)
    ),
    "SenderCondition.domain": Explained(
        text="One or more domains; what is below them (`mail.courts.example`) is meant too.",
        examples=("courts.example",),
    ),
    "SenderCondition.matches": Explained(
        text="A pattern of RE2 that some part of the address must match; upper and lower case are the same.",
        examples=(r"'@courts\.example$'",),
    ),
    "Condition.sender_messages_this_week": Explained(
        text="""\
How many messages the sender's address wrote to this office in the seven days before the decision, this one included:
`at_least`, `at_most`, or both. Machine mail and second copies of one message are not counted. Where no sender is named,
or `triage explain` has no ledger to ask, the number is not known, and no such condition holds.""",
        examples=("{at_least: 4}", "{at_least: 2, at_most: 3}"),
        note="""\
Of decisions recorded before this was counted, `triage rules simulate` says that it cannot tell.""",
    ),
    "CountCondition.at_least": Explained(text="Not fewer than this; 2 or more.", examples=("4",)),
    "CountCondition.at_most": Explained(text="Not more than this.", examples=("3",)),
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
    "Then.hold": Explained(
        text="""\
`true`: the message is filed and flagged, and people are notified, at once; its reply and its forward wait until a
person releases them. A rule that neither replies nor forwards has nothing to hold, and is refused.""",
        examples=("true",),
    ),
}

_LAYER = {
    "LayerFile.parameters": Explained(
        text="Values of parameters of `default.yaml` that hold at this office.",
        examples=("{urgent_answer_within: 2 working hours}",),
    ),
    "LayerFile.overrides": Explained(
        text="""\
Rules of `default.yaml`, changed: each item names a rule by `id` and gives the keys that are other here. `when` is
replaced whole. `then` is merged key by key; a key without a value (`keywords:`) is taken out.""",
        examples=(
            "[{id: urgent, then: {keywords: [$Urgent, $Delhi]}}]",
            "[{id: unsure, when: {any: [{label: unsure}, {probability: {at_most: 0.6}}]}}]",
            "[{id: unparseable, then: {keywords: null}}]",
        ),
    ),
    "LayerFile.insert": Explained(
        text="Rules of the office's own, each list of them `before` or `after` one of `default.yaml`.",
        examples=(
            """[{before: webform, rules: [{id: delhi-medical, description: Medical questions go to the managers.,
  when: {all: [{label: webform}, {topic: medical}]},
  then: {folder: review, reply: acknowledge-unsure, respond_within: 1 working day}}]}]""",
        ),
    ),
    "LayerFile.always": Explained(
        text="What this office adds, whichever rule wins, after what `default.yaml` adds; nothing of that goes.",
        examples=(
            """[{id: delhi-court, description: Whatever speaks of a court is told to the deputy.,
  when: {all: [{topic: litigation}]}, then: {notify: deputy}}]""",
        ),
    ),
    "LayerFile.disable": Explained(
        text="Rules of `default.yaml` that this office does without, each with a reason for those who read it later.",
        examples=("[{id: unparseable-vouched, reason: Broken messages are answered by hand at this office.}]",),
    ),
    "Override.id": Explained(text="The rule of `default.yaml` that is changed.", examples=("urgent",)),
    "Insertion.before": Explained(
        text="The rule of `default.yaml` above which the rules stand.", examples=("webform",)
    ),
    "Insertion.after": Explained(text="The rule below which they stand, instead.", examples=("urgent",)),
    "Insertion.rules": Explained(
        text="Rules, as in `default.yaml`; their ids are none of those there.",
        examples=(
            """[{id: delhi-medical, description: Medical questions go to the managers.,
  when: {all: [{label: webform}, {topic: medical}]},
  then: {folder: review, reply: acknowledge-unsure, respond_within: 1 working day}}]""",
        ),
    ),
    "Disabling.id": Explained(
        text="The rule of `default.yaml` that does not apply.", examples=("unparseable-vouched",)
    ),
    "Disabling.reason": Explained(
        text="Why. It is shown wherever the office's rules are.",
        examples=("Broken messages are answered by hand at this office.",),
    ),
}

# By "Model.key" of the schema.
EXPLAINED: Mapping[str, Explained] = {**_FILE, **_FLOORS, **_ALWAYS, **_CONDITIONS, **_ACTIONS, **_LAYER}
