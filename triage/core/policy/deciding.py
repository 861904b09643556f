"""One case → one decision, with its plan: flags, move, reply, forward, notices, in the order they are done."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from triage.core.effects import AddFlags, Call, Effect, Forward, MoveTo, Notify, Reply
from triage.core.facts.record import Authentication
from triage.core.message import Message
from triage.core.office import Office, Role
from triage.core.policy.case import Case
from triage.core.policy.decision import Decision, OnTrial, Reason
from triage.core.policy.evaluation import additions, evaluate, reason_for, would_have_won
from triage.core.policy.loading import FAIL_OPEN, NO_RULE, RuleSet
from triage.core.policy.schema import NO_REPLY, Always, Rule, Then
from triage.core.replies.addressing import languages_for, reads_no_mail, recipient_of
from triage.core.replies.calling import compose_call
from triage.core.replies.composing import Handover, compose_forward, compose_notice, compose_reply
from triage.core.replies.rendering import Templates
from triage.core.replies.values import fields_for
from triage.core.working_time import WorkingTime, due

__all__ = ["Case", "decide", "fail_open", "reference", "reply_for", "why_not_answer"]

FLAGGED = "\\Flagged"
# Crockford's base 32: no letter that reads like a digit, and no U, so that no word arises by accident.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# What is done where no rule matches: a person looks.
OTHERWISE = Then(folder=Role.REVIEW.value, reply=NO_REPLY, flag=True, respond_within=WorkingTime(1, "days"))


def decide(rule_set: RuleSet, case: Case) -> Decision:
    """Decide one message by the rules. Pure: the same case and rules give the same decision, to the byte."""
    rule, trials = evaluate(rule_set.rules, case)
    on_trial = would_have_won(rule_set.rules, trials)
    added, always_tried = additions(rule_set.always, case)
    reason, refusal = reason_for(rule, case), why_not_answer(case)
    then = with_additions(rule.then if rule else OTHERWISE, added, machine=case.screening.kind is not None)
    number, due_at = reference(case.office.id, case.message.digest), _due(then, case)
    plan, notes = _filing(then, case.office), list(_untold(then, added, case))
    if then.reply != NO_REPLY:
        if refusal:
            notes.insert(0, f"not answered: {refusal}")
        else:
            reply = reply_for(
                rule_set.templates, then.reply, case, rule=rule, reason=reason, number=number, due_at=due_at
            )
            plan.append(replace(reply, held=then.hold))
    plan += _passed_on(then, case, number, due_at, rule=rule.id if rule else NO_RULE)
    return Decision(
        rule=rule.id if rule else NO_RULE,
        reason=reason,
        folder=case.office.folders[then.folder],
        reference=number,
        answers=case.history.answers,
        due_at=due_at,
        plan=tuple(plan),
        notes=tuple(notes),
        unanswerable=refusal,
        trials=trials,
        always_tried=always_tried,
        on_trial=_on_trial(on_trial, case, refusal) if on_trial else None,
        rule_set=rule_set.digest,
    )


def with_additions(then: Then, added: Sequence[Always], *, machine: bool) -> Then:
    """Give what the winner does with what is added to it: keywords and people that it does not name itself.

    Of machine mail nobody is told for what stands under `always`: a contact's own absence notice would set off the
    next. A rule that means machine mail can notify.
    """
    keywords = [keyword for one in added for keyword in one.then.keywords]
    contacts = [] if machine else [contact for one in added for contact in one.then.notify]
    more = {"keywords": _with(then.keywords, keywords), "notify": _with(then.notify, contacts)}
    return then.model_copy(update=more) if added else then


def _with(own: tuple[str, ...], more: Sequence[str]) -> tuple[str, ...]:
    return (*own, *(one for one in dict.fromkeys(more) if one not in own))


def fail_open(message: Message, office: Office, why: str) -> Decision:
    """Decide without rules, when deciding failed: to a person, flagged, unanswered (invariant 5).

    It uses nothing that could have been what failed: no rule, no template, no calendar.
    """
    folder = office.folders[Role.REVIEW]
    return Decision(
        rule=FAIL_OPEN,
        reason=Reason.FAILED,
        folder=folder,
        reference=reference(office.id, message.digest),
        plan=(AddFlags(flags=(FLAGGED,)), MoveTo(folder=folder)),
        notes=(why,),
    )


def reference(office_id: str, digest: str) -> str:
    """Give a message's number for people, the same for the same message: "DEL-7F3K-9Q2M".

    40 bits: among a million messages of one office two share a number with a chance of one in three; a person then
    sees both.
    """
    bits = int.from_bytes(sha256(f"{office_id}\0{digest}".encode()).digest()[:5], "big")
    letters = "".join(_ALPHABET[bits >> shift & 31] for shift in range(35, -5, -5))
    office = "".join(char for char in office_id.upper() if char.isalnum())
    return f"{office[:3]}-{letters[:4]}-{letters[4:]}"


def _due(then: Then, case: Case) -> datetime | None:
    within = then.respond_within
    return due(case.now, within, case.office.hours, case.office.zone) if within else None


def _on_trial(rule: Rule, case: Case, refusal: str) -> OnTrial:
    then = rule.then
    folder = case.office.folders.get(then.folder, then.folder)  # deciding must not fail for what is only tried
    return OnTrial(rule=rule.id, folder=folder, reply=NO_REPLY if refusal else then.reply, due_at=_due(then, case))


def _filing(then: Then, office: Office) -> list[Effect]:
    flags = (*((FLAGGED,) if then.flag else ()), *then.keywords)
    move = MoveTo(folder=office.folders[then.folder])
    return [AddFlags(flags=flags), move] if flags else [move]


def why_not_answer(case: Case) -> str:  # noqa: PLR0911 - one reason after the other
    """Why no automatic reply may go out, whatever the rule says (invariant 6); empty: it may."""
    message, office, recipient = case.message, case.office, recipient_of(case.message)
    if case.screening.kind is not None:
        return "a machine wrote it (RFC 3834 §2)"
    if message.return_path == "":
        return "it has the null envelope sender (RFC 3834 §2)"
    if recipient is None:
        return "it names no usable address to answer to"
    if recipient.lower() in {office.address.lower(), *office.aliases}:
        return "the answer would come to this inbox itself"
    if reads_no_mail(recipient):
        return "its address says that nobody reads what is sent there"
    if case.facts.authentication is Authentication.FAIL:
        return "its sender's domain denies having sent it"
    if case.history.replies_today >= office.replies_per_sender_a_day:
        return f"the sender has had {case.history.replies_today} automatic replies in 24 hours"
    return ""


def reply_for(
    templates: Templates,
    template: str,
    case: Case,
    *,
    rule: Rule | None,
    reason: Reason,
    number: str,
    due_at: datetime | None,
) -> Reply:
    """Compose the reply, in the sender's language; there must be an address to send it to (`why_not_answer`)."""
    languages = languages_for(case.facts.language, case.office)
    fields = {
        language: fields_for(case, language, reference=number, rule=rule, reason=reason, due_at=due_at)
        for language in languages
    }
    recipient = recipient_of(case.message)
    assert recipient is not None
    mail = compose_reply(
        case.message,
        case.office,
        templates.render(template, languages, fields),
        recipient=recipient,
        template=template,
        reference=number,
        languages=languages,
        now=case.now,
    )
    return Reply(template=template, language=languages[0].value if len(languages) == 1 else "both", mail=mail)


def _passed_on(then: Then, case: Case, number: str, due_at: datetime | None, *, rule: str) -> list[Effect]:
    if not then.forward and not then.notify:
        return []
    office = case.office
    handover = Handover(
        reference=number,
        key=case.message.digest,
        verdict=case.verdict,
        folder=office.folders[then.folder],
        due_at=due_at,
        deadline=case.facts.deadline.date if case.facts.deadline else None,
        truncated=case.message.truncated,
        now=case.now,
    )
    found: list[Effect] = []
    if then.forward:
        mail = compose_forward(office, handover, case.raw, unit=then.forward, recipient=office.units[then.forward])
        found.append(Forward(unit=then.forward, mail=mail, held=then.hold))
    for contact in then.notify:
        if contact not in office.contacts:
            continue
        if recipient := office.contacts[contact]:
            mail = compose_notice(office, handover, contact=contact, recipient=recipient)
            found.append(Notify(contact=contact, mail=mail))
        else:
            call = compose_call(office, handover, contact=contact, rule=rule)
            found.append(Call(contact=contact, call=call))
    return found


def _untold(then: Then, added: Sequence[Always], case: Case) -> Iterator[str]:
    """Why somebody is not told who should be."""
    for contact in then.notify:
        if contact not in case.office.contacts:
            yield f"nobody is notified as '{contact}': the office names no such contact"
    for one in added if case.screening.kind else ():
        if one.then.notify:
            yield f"nobody is notified for '{one.id}': a machine wrote it"
