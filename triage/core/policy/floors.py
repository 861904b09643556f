"""What no rules may go under, proved: whatever arrives, whichever rule wins, what a floor asks for is done.

Proved, not tried on examples: a rule goes under a floor unless its `then` does what the floor asks, or it can never win
for a message that the floor is about. Where that cannot be found out, or not in time, it counts as going under.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.core.office import WorkingHours
from triage.core.policy.deciding import OTHERWISE
from triage.core.policy.possibilities import GROUPS, World
from triage.core.policy.reasoning import Formula, impossible, negated
from triage.core.policy.schema import NO_REPLY, Floor, Must, Rule, Then, When
from triage.core.working_time import no_later


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A floor that some message may go under."""

    floor: int  # its place among the floors
    asked: str  # what of it is not done: "'flag: true', 'notify: duty'"
    winner: str | None  # id of the rule that may win for such a message; None: no rule may match it
    # What is to be mended: a rule's id, and the key in it; without a key: it was in force before, and is no longer.
    rule: str | None  # None: nothing in particular
    path: tuple[str, ...]

    @property
    def place(self) -> tuple[int, str | None, tuple[str, ...]]:
        """What goes under which floor."""
        return self.floor, self.rule, self.path

    def sentence(self, floors: Sequence[Floor], place: str) -> str:
        """Say what is wrong and what to do; `place` is where the floor stands."""
        floor = floors[self.floor]
        winner = f"rule '{self.winner}' may win for" if self.winner else "no rule may match"
        if floor.must:
            says = f"such a message gets {self.asked}"
            what = f"{winner} one and does not do so" if self.winner else f"{winner} one, and then it is not done"
            mend = "take 'hold' out" if self.path[-1:] == ("hold",) else "set that under 'then'"
            do = f"{mend}, or leave such messages to a rule that does"
        else:
            says = f"'{floor.reply}' is only sent where {self.asked}"
            what, do = f"{winner} another message", "ask for all that under 'when', or send another reply"
        if self.rule is None:
            do = "add a rule that does"
        elif self.path[:1] != ("then",):
            what = f"with this, {what}" if self.path else f"without '{self.rule}', {what}"
            do = "leave such messages to it, or put a rule in its place that keeps to the floor"
        return f"goes under the floor '{floor.id}' ({place}), by which {says}: {what}; {do}"


def breaches(
    rules: Sequence[Rule],
    floors: Sequence[Floor],
    office_ids: Sequence[str],
    hours: WorkingHours,
    *,
    before: Sequence[Rule] = (),
) -> list[Breach]:
    """Every floor that rules tried in this order may go under, at offices with these hours; in the order of the rules.

    `before` are rules that keep to the floors, of which these were made: what was changed is then named.
    """
    # One on trial does nothing, so it neither keeps to a floor nor goes under one.
    rules, before = ([rule for rule in some if rule.enforce] for some in (rules, before))
    world = World([*rules, *before], office_ids, beside=[floor.asked for floor in floors])
    about = [_about(floor, world) for floor in floors]
    found: list[Breach] = []
    earlier: list[Formula] = []  # what the rules above leave
    for rule in (*rules, None):
        wins = [*([world.of_rule(rule)] if rule else []), *earlier]
        for number, floor in enumerate(floors):
            lacking = _lacking(floor, rule.then if rule else OTHERWISE, hours)
            if lacking and not impossible([about[number], *wins], world.domains):
                cause, path = _cause(list(lacking), rule, rules, before, [about[number], *wins], world)
                asked = ", ".join(lacking.values())
                winner = rule.id if rule else None
                breach = Breach(floor=number, asked=asked, winner=winner, rule=cause, path=path)
                if breach.place not in {one.place for one in found}:  # one mend for all who would win
                    found.append(breach)
        if rule:
            earlier.append(negated(wins[0], world.domains))
    return found


def vain(floor: Floor) -> bool:
    """Whether its conditions can never hold together."""
    world = World((), (), beside=[floor.asked])
    return impossible([world.of_when(floor.asked)], world.domains)


def _about(floor: Floor, world: World) -> Formula:
    """Where the floor asks for something."""
    asked = world.of_when(floor.asked)
    return asked if floor.must else negated(asked, world.domains)


def _lacking(floor: Floor, then: Then, hours: WorkingHours) -> dict[str, str]:
    """What the floor asks for and `then` does not do: by key, the words of the floor."""
    if floor.must is None:
        return {"reply": _written(floor.asked)} if then.reply == floor.reply else {}
    return {key: f"'{words}'" for key, words in _undone(floor.must, then, hours)}


def _undone(must: Must, then: Then, hours: WorkingHours) -> Iterator[tuple[str, str]]:
    if must.reply and (then.reply == NO_REPLY or then.hold):  # what is held may never go out
        yield "hold" if then.hold else "reply", f"reply: {must.reply}"
    if must.flag and not then.flag:
        yield "flag", "flag: true"
    if missing := [contact for contact in must.notify if contact not in then.notify]:
        yield "notify", f"notify: {', '.join(missing)}"
    if then.folder in must.not_in:
        yield "folder", f"not_in: {then.folder}"
    limit, given = must.respond_within, then.respond_within
    if limit and not (given and no_later(given, limit, hours)):
        yield "respond_within", f"respond_within: {limit}"


def _written(when: When) -> str:
    groups = ((group, getattr(when, group)) for group in GROUPS)
    return "; ".join(f"{group}: {condition.written}" for group, conditions in groups for condition in conditions)


def _cause(
    keys: Sequence[str],
    rule: Rule | None,
    rules: Sequence[Rule],
    before: Sequence[Rule],
    wins: Sequence[Formula],
    world: World,
) -> tuple[str | None, tuple[str, ...]]:
    """What was changed so that `rule` does not do `keys`: its own `then`; or the rule that took its messages before."""
    was, now = ({one.id: one for one in some} for some in (before, rules))
    own = (rule.id, ("then", keys[0])) if rule else (None, ())
    if rule:
        old = was.get(rule.id)
        changed = [key for key in keys if old is None or getattr(old.then, key) != getattr(rule.then, key)]
        if changed:
            return rule.id, ("then", changed[0])
    for one in before:
        same = one.id in now and now[one.id].when == one.when
        if rule and one.id == rule.id:
            return own if same else (one.id, ("when",))
        if not same and not impossible([world.of_rule(one), *wins], world.domains):
            return one.id, ("when",) if one.id in now else ()
    return own
