"""The labelled messages: their form, balance and invented people, no text twice, no author on both sides of a split."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import cohen_kappa_score

from classifiers.corpus_files import CORPUS, Labelled, read_corpus
from classifiers.training import train
from triage.core.labels import Label

Record = dict[str, Any]

FROZEN = CORPUS / "frozen"
FIELDS = {
    "id": str,
    "author": str,
    "lang": str,
    "label": str,
    "hard": bool,
    "prior_enquiry": bool,
    "is_rep": bool,
    "deadline": str | None,
    "date": str,
    "from_name": str,
    "from_addr": str,
    "to": str,
    "subject": str,
    "body": str,
    "why": str,
}
LANGUAGES = ("en", "fr", "mixed")

# `word@host` wherever it stands, and what looks like a site: a scheme, "www", or a name under a domain that exists.
ADDRESS = re.compile(r"@([\w-]+(?:\.[\w-]+)*)")
SITE = re.compile(
    r"(?:https?://|\bwww\.)[\w.-]*\w|\b[a-z0-9-]+\.(?:com|org|net|info|biz|ca|gov|edu|io|fr|uk|in|ng|ph|cn)\b"
)
# Ways of writing telephone numbers: +44 20 1234 5678; (902) 555-0118; 555-0142; 06 12 34 56 78; 98765 43210.
TELEPHONE = re.compile(
    r"(?<![\w-])(?:\+\d[\d ().-]{6,}\d|(?:\(?\d{3}\)?[ .-])?\d{3}[ .-]\d{4}|\d{2}(?:[ .]\d{2}){4}|\d{5} \d{5}|\d{10,})"
    r"(?![\w-])"
)
INVENTED = re.compile(r"(?:^|\D)555[ .-]01\d\d$")  # 555-0100 to 555-0199 are set aside for fiction

# Share of the shorter text's runs of five words that another text has too. A copy in which every seventh word was
# changed keeps 2 runs in 7; the two most alike of messages written apart, which share a formula or two, 1 in 6.
RUN = 5
ALIKE = 0.2


def read(folder: Path) -> list[Record]:
    """The records of the folder's *.jsonl as they stand in the files."""
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def corpus() -> list[Record]:
    """What models are trained on."""
    return read(CORPUS)


@pytest.fixture(scope="module")
def everything(corpus: list[Record]) -> list[Record]:
    """The corpus and the frozen author."""
    return corpus + read(FROZEN)


@pytest.fixture(scope="module")
def card() -> str:
    """The data card, each run of white space one space."""
    return " ".join((CORPUS / "README.md").read_text().split())


@pytest.fixture(scope="module")
def settled() -> list[Record]:
    """What was settled after the labels were given."""
    return [json.loads(line) for line in (CORPUS / "second" / "settled.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def second() -> list[Record]:
    """The second, blind labels."""
    return [json.loads(line) for line in (CORPUS / "second" / "labels.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def first(second: list[Record], settled: list[Record], everything: list[Record]) -> list[Record]:
    """The labels first given to what was labelled twice, before anything was settled."""
    by_id = {record["id"]: record for record in everything}
    before: dict[str, Record] = defaultdict(dict)
    for one in settled:
        before[one["id"]][one["field"]] = one["first"]
    return [by_id[other["id"]] | before[other["id"]] for other in second]


def test_there_are_messages_enough(corpus: list[Record]) -> None:
    """At least 1,200 to train on, the frozen author not counted."""
    assert len(corpus) >= 1200


def test_each_record_has_all_fields_in_order(everything: list[Record]) -> None:
    """Names, order and types; nothing blank but a subject or a body."""
    for record in everything:
        assert list(record) == list(FIELDS), record["id"]
        wrong = [name for name, kind in FIELDS.items() if not isinstance(record[name], kind)]
        assert not wrong, record["id"]
        assert all(record[name].strip() for name in ("from_name", "from_addr", "to", "why")), record["id"]
        assert record["label"] in set(Label), record["id"]
        assert record["lang"] in LANGUAGES, record["id"]


def test_dates_are_iso_and_a_deadline_does_not_lie_in_the_past(everything: list[Record]) -> None:
    """The message's date knows its zone; a deadline is that day or a later one."""
    for record in everything:
        sent = datetime.fromisoformat(record["date"])
        assert sent.utcoffset() is not None, record["id"]
        if record["deadline"] is not None:
            assert date.fromisoformat(record["deadline"]) >= sent.date(), record["id"]


@pytest.mark.parametrize("folder", [CORPUS, FROZEN], ids=["corpus", "frozen"])
def test_a_file_holds_one_author_numbered_in_order(folder: Path) -> None:
    """Ids are author-001 and on: no id twice, no gap, no message in another author's file."""
    files = sorted(folder.glob("*.jsonl"))
    assert files
    for file in files:
        records = [json.loads(line) for line in file.read_text().splitlines()]
        assert {record["author"] for record in records} == {file.stem}
        assert [record["id"] for record in records] == [f"{file.stem}-{n:03}" for n in range(1, len(records) + 1)]


def test_no_label_is_more_than_a_third_of_the_messages(corpus: list[Record]) -> None:
    """Each between 20 and 30 %, and given by every author."""
    counts = Counter(record["label"] for record in corpus)
    assert all(0.2 <= counts[label] / len(corpus) <= 0.3 for label in Label), counts
    by_author = {(record["author"], record["label"]) for record in corpus}
    assert len(by_author) == len({author for author, _ in by_author}) * len(Label)


def test_languages_are_balanced_in_every_label(corpus: list[Record]) -> None:
    """Some two thirds English, a quarter or more French, one message in twenty both: else a label has a language."""
    for label in Label:
        own = Counter(record["lang"] for record in corpus if record["label"] == label)
        shares = {lang: own[lang] / own.total() for lang in LANGUAGES}
        assert 0.55 <= shares["en"] <= 0.75, (label, shares)
        assert 0.22 <= shares["fr"] <= 0.38, (label, shares)
        assert 0.03 <= shares["mixed"] <= 0.1, (label, shares)


def test_a_quarter_of_each_label_is_hard(corpus: list[Record]) -> None:
    """And not everything is."""
    for label in Label:
        hard = [record["hard"] for record in corpus if record["label"] == label]
        assert 0.25 <= sum(hard) / len(hard) <= 0.75, label


def strangers(text: str) -> list[str]:
    """Addresses, sites and telephone numbers in a text that may belong to somebody."""
    hosts = chain((found[1] for found in ADDRESS.finditer(text)), (found[0] for found in SITE.finditer(text)))
    numbers = (found[0] for found in TELEPHONE.finditer(text))
    return [
        *(host for host in hosts if not host.endswith(".example")),
        *(number for number in numbers if not INVENTED.search(number)),
    ]


def test_nobody_can_be_written_to_or_called(everything: list[Record]) -> None:
    """In headers and bodies, quoted ones too: `.example` only, and numbers set aside for fiction."""
    found = {record["id"]: strangers(f"{record}\n{record['body']}") for record in everything}
    assert {id_: bad for id_, bad in found.items() if bad} == {}
    for record in everything:
        assert all(re.fullmatch(r"[^@\s]+@[^@\s]+\.example", record[name]) for name in ("from_addr", "to"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("imani@firm.example, https://firm.example/a, 902-555-0118", [], id="invented"),
        pytest.param("File V317209914, UCI 11-2840-6617, R526099, 2026-05-12", [], id="not telephones"),
        pytest.param("write to imani@firm.com", ["firm.com", "firm.com"], id="address"),
        pytest.param("see https://firm.example.net/x", ["https://firm.example.net"], id="site"),
        pytest.param("call (613) 239-4567", ["(613) 239-4567"], id="Canadian number"),
        pytest.param("call 555-0218", ["555-0218"], id="not the numbers set aside"),
        pytest.param("tel. +33 6 12 34 56 78", ["+33 6 12 34 56 78"], id="foreign number"),
    ],
)
def test_what_may_belong_to_somebody_is_seen(text: str, found: list[str]) -> None:
    """The check above can fail."""
    assert strangers(text) == found


def alike(records: Sequence[Record]) -> list[tuple[str, str, float]]:
    """Pairs of messages that share more of the shorter one's runs of words than two written apart would.

    As a share of the shorter one, since a copy may stand inside a longer text; the Jaccard index is never greater.
    """
    runs = CountVectorizer(
        ngram_range=(RUN, RUN), binary=True, token_pattern=r"\w+", strip_accents="unicode", dtype=np.int32
    ).fit_transform([record["body"] for record in records])
    count = np.asarray(runs.sum(axis=1)).ravel()
    shared = (runs @ runs.T).tocoo()
    return [
        (records[one]["id"], records[other]["id"], number / min(count[one], count[other]))
        for one, other, number in zip(shared.row, shared.col, shared.data, strict=True)
        if one < other and number > ALIKE * min(count[one], count[other])
    ]


def test_no_two_messages_are_near_duplicates(everything: list[Record]) -> None:
    """Within an author, across authors, and between the corpus and the frozen author."""
    assert alike(everything) == []


def every_seventh_word_changed(text: str) -> str:
    """A copy that somebody worked over."""
    return " ".join("else" if at % 7 == 6 else word for at, word in enumerate(text.split()))


@pytest.mark.parametrize(
    "copied",
    [
        pytest.param(str.upper, id="in capitals"),
        pytest.param(every_seventh_word_changed, id="every seventh word changed"),
        pytest.param(lambda body: f"Some words before, of one who forwards it.\n{body}\nAnd after. " * 2, id="inside"),
    ],
)
def test_a_copy_would_be_seen(corpus: list[Record], copied: Callable[[str], str]) -> None:
    """The check above can fail."""
    long = next(record for record in corpus if len(record["body"].split()) > 100)
    copy = long | {"id": "copy", "body": copied(long["body"])}
    assert [pair[:2] for pair in alike([*corpus, copy])] == [(long["id"], "copy")]


def told_by_private_words(example: Labelled) -> list[Labelled]:
    """Messages by three authors, alike but for one word, which tells the label and is each author's own."""
    words = {
        "ada": ("bofik", "drumlo", "gwixna", "hystop"),
        "ben": ("jorvek", "klanzu", "mepty", "nuxwig"),
        "cem": ("quolb", "ruzfim", "sydgak", "tavhox"),
    }
    plain = replace(example, subject="A matter")
    return [
        replace(plain, id=f"{author}-{n}", author=author, label=label, body=f"About {word}, please.")
        for author, own in words.items()
        for label, word in zip(Label, own, strict=True)
        for n in range(4)
    ]


def test_a_message_is_scored_by_a_model_that_saw_none_of_its_author() -> None:
    """What only an author's own messages could teach is known to the finished model, and not to the measured ones."""
    records = told_by_private_words(read_corpus()[0])
    trained = train(records)
    finished = trained.classifier
    assert {"bofik", "nuxwig", "tavhox"} <= set(finished.weights.words.terms)
    # All messages look the same to a model that does not know the words: one label for all four is an F1 of 0.1.
    assert trained.card["held_back"]["macro_f1"] <= 0.25


def test_the_frozen_author_is_not_trained_on() -> None:
    """Neither read with the corpus, nor in what any shipped model was made from."""
    frozen = {record["author"] for record in read(FROZEN)}
    assert frozen
    assert not frozen & {record.author for record in read_corpus()}
    cards = [json.loads(file.read_text()) for file in CORPUS.parent.joinpath("models").rglob("card.json")]
    assert cards
    assert all(not frozen & set(card["made_from"]["authors"]) for card in cards)


def test_enough_was_labelled_twice(second: list[Record], everything: list[Record]) -> None:
    """At least 300 messages, once each, in the order of their ids, every author and label among them."""
    ids = [other["id"] for other in second]
    assert len(ids) >= 300
    assert ids == sorted(set(ids))
    assert {tuple(other) for other in second} == {("id", "label", "prior_enquiry", "is_rep", "deadline")}
    twice = [record for record in everything if record["id"] in set(ids)]
    assert len(twice) == len(ids)
    assert {record["author"] for record in twice} == {record["author"] for record in everything}


@pytest.mark.parametrize("field", ["label", "prior_enquiry", "is_rep"])
def test_two_readers_of_the_guide_agree(field: str, first: list[Record], second: list[Record], card: str) -> None:
    """Cohen's kappa is at least 0.9, and the data card says what it is."""
    ours, theirs = ([one[field] for one in labels] for labels in (first, second))
    kappa = cohen_kappa_score(ours, theirs)
    differ = sum(one != other for one, other in zip(ours, theirs, strict=True))
    assert kappa >= 0.9
    assert f"| `{field}` | {differ} of {len(ours):,} | {kappa:.3f} |" in card


def test_the_data_card_says_how_often_the_deadlines_differed(
    first: list[Record], second: list[Record], card: str
) -> None:
    """Same day or both none; kappa says little of dates, which hardly ever agree by chance."""
    days = [(one["deadline"], other["deadline"]) for one, other in zip(first, second, strict=True)]
    differ, dated = sum(one != other for one, other in days), sum(bool(one or other) for one, other in days)
    assert f"| `deadline` | {differ} of {len(first):,}, of which {dated} have a date | |" in card


def test_every_difference_is_settled_but_the_frozen_author_s(
    first: list[Record], second: list[Record], settled: list[Record], corpus: list[Record]
) -> None:
    """With a reason, and the corpus holds what was settled: one of the two labels wherever there were two."""
    fields = ("label", "prior_enquiry", "is_rep", "deadline")
    known = {(one["id"], one["field"]): one for one in settled}
    assert len(known) == len(settled)
    now = {record["id"]: record for record in corpus}
    differing = {
        (one["id"], field)
        for one, other in zip(first, second, strict=True)
        for field in fields
        if one["id"] in now and one[field] != other[field]
    }
    assert differing <= set(known)
    for (id_, field), one in known.items():
        assert now[id_][field] == one["settled"], one
        assert one["why"], one
        assert one["also"] is None or date.fromisoformat(one["also"]), one
        assert one["also"] is None or one["also"] != one["settled"], one
        if (id_, field) in differing:
            assert one["settled"] in {one["first"], one["second"]}, one


def test_the_data_card_says_how_often_the_first_label_was_wrong(
    first: list[Record], second: list[Record], corpus: list[Record], card: str
) -> None:
    """Of the differences that could be settled."""
    now = {record["id"]: record for record in corpus}
    said = []
    for field in ("deadline", "prior_enquiry"):
        pairs = zip(first, second, strict=True)
        before = [one for one, other in pairs if one["id"] in now and one[field] != other[field]]
        said.append((sum(now[one["id"]][field] != one[field] for one in before), len(before)))
    (dates, of_dates), (enquiries, of_enquiries) = said
    assert f"wrong: {dates} of {of_dates} deadlines and {enquiries} of {of_enquiries} prior enquiries." in card


def test_the_data_card_counts_the_messages(everything: list[Record], card: str) -> None:
    """By author, label and language: each author's row of the table, and the sums."""
    columns: list[tuple[str, object]] = [
        *(("label", label) for label in Label),
        *(("lang", lang) for lang in LANGUAGES),
        ("hard", True),
    ]

    def row(name: str, records: list[Record]) -> str:
        counts = [len(records), *(sum(record[field] == value for record in records) for field, value in columns)]
        return "| " + " | ".join([name, *(f"{count:,}" for count in counts)]) + " |"

    frozen = {record["author"] for record in everything} - {record.author for record in read_corpus()}
    for author in {record["author"] for record in everything}:
        own = [record for record in everything if record["author"] == author]
        assert row(f"`{author}`", own) in card
    assert row("trained on", [record for record in everything if record["author"] not in frozen]) in card
