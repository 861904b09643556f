"""What `triage reconcile` shows: counts by kind, and which messages, by reference."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from triage.reconciling import REPAIRED, Finding, Kind

# So many references are shown of each kind; --json has all.
SHOWN = 5
MEANING: Mapping[Kind, str] = {
    Kind.LOST_MOVE: "filed again",
    Kind.UID_TAKEN: "will be decided as the new message that it is",
    Kind.STILL_OPEN: "finished, where it can be",
    Kind.GONE: "a person moved or deleted it; no error",
    Kind.MOVED_ON: "a person's doing; no error",
    Kind.PUT_BACK: "a person's doing; left there",
    Kind.UNKNOWN: "a person put it there, or the ledger is older than the mailbox",
    Kind.TWICE: "a person copied it, or the mailbox was restored",
    Kind.NO_COPY: "a person deleted it, or the mailbox was restored",
}


def as_json(found: Mapping[str, Sequence[Finding]]) -> dict[str, Any]:
    """By office: counts by kind, and each finding."""
    return {
        office: {
            "counts": Counter(one.kind.name.lower() for one in findings),
            "findings": [
                {"kind": one.kind.name.lower(), "reference": one.reference, "folder": one.folder, "uid": one.uid}
                for one in findings
            ],
        }
        for office, findings in found.items()
    }


def show(found: Mapping[str, Sequence[Finding]], console: Console, *, repaired: bool) -> None:
    """A table for each office where there is something to tell."""
    for office, findings in found.items():
        if not findings:
            console.print(f"{office}: mailbox and ledger agree", markup=False, highlight=False)
            continue
        table = Table("what", "how many", "what it means", "which", title=office, title_justify="left")
        for kind in Kind:
            these = [one for one in findings if one.kind is kind]
            if these:
                means = MEANING[kind] if repaired or kind not in REPAIRED else f"would be {MEANING[kind]}"
                table.add_row(kind.value, str(len(these)), means, _which(these))
        console.print(table)


def _which(findings: Sequence[Finding]) -> str:
    names = [one.reference or f"{one.folder} UID {one.uid}" for one in findings]
    return "\n".join([*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])])
