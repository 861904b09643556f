"""The models that were tried beside the shipped one, measured alike: `python -m classifiers.candidates`.

Each is trained without one author at a time and asked about that author's messages; docs/classification.md records the
table, and why the shipped one was chosen.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from classifiers.budget import LABELS, Probabilities
from classifiers.corpus_files import questions_of, read_corpus
from classifiers.evaluation import measures, truth
from classifiers.evidence import sentences_of
from classifiers.features import fact_row, text_of
from classifiers.training import STRENGTH, Candidate, Labels, answers_of, as_if_unseen, held_back_scores, vectorizers
from triage.core.classification import Question
from triage.core.labels import Label

# The first that occurs; what somebody would write in an afternoon.
_KEYWORDS: Mapping[Label, re.Pattern[str]] = {
    Label.URGENT: re.compile(r"urgent|emergency|asap|immediately|urgence"),
    Label.SERIOUS_ERROR: re.compile(r"\berror\b|mistake|erreur|incorrect|wrong"),
    Label.RECONSIDERATION: re.compile(r"reconsider|reopen|reexam|refus"),
}


def main() -> None:
    """Train and print all."""
    console = Console()
    records = read_corpus()
    questions = questions_of(records)
    labels = truth(records)
    authors = np.array([record.author for record in records])
    table = Table(title=f"{len(records)} messages, each author held back in turn")
    for column in ("candidate", "macro-F1", *(f"F1 {label.value}" for label in LABELS), "log loss", "unsure"):
        table.add_column(column, justify="left" if column == "candidate" else "right")
    for name, candidate in CANDIDATES.items():
        console.print(name, style="dim")
        scores = held_back_scores(questions, labels, authors, candidate=candidate)
        probabilities, decisions = as_if_unseen(scores, labels, authors)
        found = measures(records, probabilities, decisions)
        f1 = [f"{found['by_label'][label.value]['f1']:.3f}" for label in LABELS]
        table.add_row(name, f"{found['macro_f1']:.3f}", *f1, f"{found['log_loss']:.3f}", f"{found['unsure']:.1%}")
    console.print(table)


def keywords(_: Sequence[Question], __: Labels, asked: Sequence[Question]) -> Probabilities:
    """Say what the first keyword says; web form where there is none."""
    scores = np.zeros((len(asked), len(LABELS)))
    for row, question in zip(scores, asked, strict=True):
        text = text_of(question)
        found = next((label for label, pattern in _KEYWORDS.items() if pattern.search(text)), Label.WEBFORM)
        row[LABELS.index(found)] = 3
    return scores


def naive_bayes(known: Sequence[Question], labels: Labels, asked: Sequence[Question]) -> Probabilities:
    """Count words."""
    words = CountVectorizer(lowercase=False, token_pattern=r"[a-z0-9']+", min_df=2)  # noqa: S106 - of words
    model = MultinomialNB().fit(words.fit_transform(map(text_of, known)), labels)
    scores: Probabilities = model.predict_log_proba(words.transform(map(text_of, asked)))
    return scores


def facts_alone(known: Sequence[Question], labels: Labels, asked: Sequence[Question]) -> Probabilities:
    """See nothing but what patterns found."""
    model = LogisticRegression(C=1, class_weight="balanced", max_iter=3000)
    model.fit([fact_row(question.facts) for question in known], labels)
    scores: Probabilities = model.decision_function([fact_row(question.facts) for question in asked])
    return scores


def text_alone(known: Sequence[Question], labels: Labels, asked: Sequence[Question]) -> Probabilities:
    """See words and pieces of words, no fact."""
    words, pieces = vectorizers()
    texts = [text_of(question) for question in known]
    seen = hstack([words.fit_transform(texts), pieces.fit_transform(texts)], format="csr")
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000).fit(seen, labels)
    texts = [text_of(question) for question in asked]
    scores: Probabilities = model.decision_function(hstack([words.transform(texts), pieces.transform(texts)]))
    return scores


def sentences(known: Sequence[Question], labels: Labels, asked: Sequence[Question]) -> Probabilities:
    """Score each sentence by itself, trained with the message's label, and add up: one may decide."""
    words, pieces = vectorizers()
    texts, owners = _sentences(known)
    often = np.bincount(owners)
    seen = hstack([words.fit_transform(texts), pieces.fit_transform(texts)], format="csr")
    model = LogisticRegression(C=3, max_iter=1000).fit(seen, labels[owners], sample_weight=3 / often[owners])
    texts, owners = _sentences(asked)
    each = model.decision_function(hstack([words.transform(texts), pieces.transform(texts)], format="csr"))
    summed = csr_matrix((np.ones(len(owners)), (owners, np.arange(len(owners))))) @ each
    scores: Probabilities = summed / np.sqrt(np.bincount(owners))[:, None]
    return scores


def _sentences(questions: Sequence[Question]) -> tuple[list[str], Labels]:
    texts: list[str] = []
    owners: list[int] = []
    for number, question in enumerate(questions):
        found = [seen for _, seen in sentences_of(question)] or [""]
        texts += found
        owners += [number] * len(found)
    return texts, np.array(owners)


CANDIDATES: Mapping[str, Candidate] = {
    "keyword rules": keywords,
    "naive Bayes over words": naive_bayes,
    "facts alone": facts_alone,
    "each sentence, summed": sentences,
    "words and pieces": text_alone,
    "words, pieces and facts (shipped)": answers_of,
}

if __name__ == "__main__":
    main()
