"""What a person is told to do about what failed."""

import pytest

from triage.core.dead_letters import advice

SAID = "SMTP relay mail.example:25 answered "
CASES = {
    SAID + "550 5.1.1 unknown": "The address takes no mail.",
    SAID + "553 no such": "The address takes no mail.",
    SAID + "552 5.2.2 over quota": "The mailbox there takes no mail now.",
    SAID + "552 5.2.3 too long": "The mail is too large for the mailbox there.",
    SAID + "552 5.3.4 too big": "The mail is too large for the relay.",
    SAID + "554 5.3.0 full": "The mail system there does not take it.",
    SAID + "554 5.7.1 policy": "A rule of the relay or of the other side is against it.",
    SAID + "554 no": "The relay refuses it.",
    SAID + "554 5.0.0 no": "The relay refuses it.",
    SAID + "451 4.7.1 greylisted": "The other side put it off for days.",
    "no such thing": "Mend what it says, then retry",
    "550 5.1.1 is not an answer": "Mend what it says, then retry",
}


@pytest.mark.parametrize(("error", "told"), CASES.items(), ids=CASES.keys())
def test_the_answer_tells_what_to_do(error: str, told: str) -> None:
    """By its enhanced status (RFC 3463), else by its code."""
    assert advice(error, kept=True).startswith(told)


def test_what_is_not_kept_is_answered_by_hand() -> None:
    """Whatever was answered."""
    assert "not kept" in advice(SAID + "550 5.1.1 unknown", kept=False)


def test_a_folder_is_tried_again_by_itself() -> None:
    """Whatever the server said; it is nothing that was sent."""
    assert "stays in INBOX" in advice("no such mailbox", kept=False, filing=True)
