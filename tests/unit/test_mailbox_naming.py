"""Folders' names: what a person calls a folder, and what the server does."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.mailbox.naming import Naming

CYRUS = Naming(prefix="INBOX.", delimiter=".")
SLASH = Naming()
FLAT = Naming(delimiter="")


@pytest.mark.parametrize(
    ("naming", "name", "path"),
    [
        (SLASH, "Urgent", "Urgent"),
        (SLASH, "Suivi/Urgent", "Suivi/Urgent"),
        (SLASH, "inbox", "INBOX"),
        (CYRUS, "Inbox", "INBOX"),
        (CYRUS, "Urgent", "INBOX.Urgent"),
        (CYRUS, "Suivi/Urgent", "INBOX.Suivi.Urgent"),
        (CYRUS, "INBOX/Urgent", "INBOX.Urgent"),
        (CYRUS, "inbox/Urgent", "INBOX.Urgent"),
        (CYRUS, "INBOX.Urgent", "INBOX.Urgent"),
        (FLAT, "Suivi/Urgent", "Suivi/Urgent"),
        (SLASH, unicodedata.normalize("NFD", "Délais"), "Délais"),
    ],
)
def test_a_name_becomes_the_servers(naming: Naming, name: str, path: str) -> None:
    """Prefix and delimiter added (pitfalls IMAP 29); INBOX has neither, in any case; NFC."""
    assert naming.path(name) == path


@given(
    st.sampled_from([CYRUS, SLASH, Naming(delimiter="."), Naming(prefix="user/", delimiter="/")]),
    st.lists(st.text(st.characters(exclude_characters="/.", exclude_categories=["Cc", "Cs"]), min_size=1), min_size=1),
)
def test_a_name_comes_back_from_the_server_as_it_went(naming: Naming, levels: list[str]) -> None:
    """What is made under a name is found under it again."""
    name = unicodedata.normalize("NFC", "/".join(levels))
    expected = "INBOX" if name.upper() == "INBOX" else name
    found = naming.readable(naming.path(name))
    assert found == expected or name.upper().startswith("INBOX/")
    assert naming.path(found) == naming.path(name)
