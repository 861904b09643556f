"""Writes what is made from the schema of rules: `python -m triage.rules_reference` (make docs).

That is the reference in docs/rules.md, and the JSON Schemas beside the shipped rules, which editors read.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from triage.core.policy.reference import reference, schema_of_layer, schema_of_rules, schema_of_tests

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("docs") / "rules.md"
BEGIN = "<!-- Made from the schema by `make docs`: change triage/core/policy/explanations.py, not this. -->\n\n"
END = "\n<!-- End of what is made. -->\n"


def made(root: Path) -> Mapping[Path, str]:
    """Every file that is made, by its path from the root, as it should be now. Raises OSError."""
    return {
        PAGE: made_anew((root / PAGE).read_text(encoding="utf-8")),
        Path("rules") / "rules.schema.json": _json(schema_of_rules()),
        Path("rules") / "layer.schema.json": _json(schema_of_layer()),
        Path("rules") / "tests" / "tests.schema.json": _json(schema_of_tests()),
    }


def made_anew(page: str) -> str:
    """Give the page with the reference as the schema has it now. Raises ValueError where there is no place for it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the reference: the two comments around it are missing")
    return before + BEGIN + reference() + END + after


def _json(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for path, text in made(ROOT).items():
        (ROOT / path).write_text(text, encoding="utf-8")
