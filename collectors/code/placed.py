"""Uses and waits put where they are known, with what becomes of their failure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from collectors.code.beginnings import beginnings
from collectors.code.evaluate import Evaluator
from collectors.code.fates import Fate, fate, stands_in
from collectors.code.flow import Flow
from collectors.code.hooks import is_hook
from collectors.code.program import Place, Program
from collectors.code.things import Thing, Things, seen_from, value_of
from depmap.collecting.secrets import without_password
from depmap.model.facts import Part, Use, Value, WaitFor
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.flow import Step
    from collectors.code.summary import Function
    from depmap.model.facts import Fact

_ALWAYS = frozenset(
    [
        "main",
        "run",
        "handler",
        "lambda_handler",
        "application",
        "create_app",
        "app",
        "start",
        "setup",
        "execute",
        "handle",
        "on_message",
        "process",
    ]
)
"""Functions of these names are called by frameworks and scripts."""

_OFF = frozenset({"", "0", "false", "no", "off", "none", "disabled"})


@dataclass(slots=True)
class Placer:
    """Answers, for a program, where a use stands and what becomes of its failure."""

    root: str
    program: Program
    flow: Flow = field(init=False)
    custom: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Set up what answers the questions."""
        self.flow = Flow(Evaluator(self.program))
        self.custom = frozenset(
            name.rpartition(".")[2]
            for summary in self.program.files.values()
            for name in summary.classes
        )

    def placed(self, use: Use, chain: tuple[Step, ...], *further: str) -> Iterator[Fact]:
        """Put a use where its address becomes known, and say whether the start waits for it.

        Args:
            use: what is used.
            chain: the call, and the callers that were needed to know more, innermost first.
            further: more places to look at.
        """
        places = _places(chain)
        chain = tuple(step for step in chain if not step.encloses)
        found = fate(self.flow, chain, self.custom)
        if use.kind is Kind.MESSAGING_CONSUME:
            found = _of_work(found)
        instead = stands_in(self.flow, chain)
        if instead and found.strength is Strength.STRONG and not found.at_start:
            why = f"it stands in for what failed; {found.reason}"
            found = replace(found, strength=Strength.WEAK, reason=why)
        yield replace(
            use,
            root=self.root,
            locator=places[0],
            strength=use.strength if use.reason else found.strength,
            reason=use.reason or found.reason,
            at_start=not use.reason
            and (found.at_start or (found.waits and self._starting(chain))),
            background=found.background,
            fallback=instead,
            guards=self._guards(chain),
            alive=all(self._alive(step) for step in chain),
            further=tuple(dict.fromkeys(one for one in (*places, *further) if one != places[0])),
            begins=beginnings(self.flow, chain),
        )
        waits = use.kind is not Kind.MESSAGING_CONSUME and bool(use.targets)
        if waits and self._waiting(chain, found):
            yield self.wait(use.targets, chain, found)

    def wait(self, targets: tuple[Value, ...], chain: tuple[Step, ...], found: Fate) -> WaitFor:
        """Say that a process does not go on before something answers."""
        sink = chain[0]
        return WaitFor(
            root=self.root,
            locator=f"{sink.path}:{sink.site.line}",
            targets=targets,
            mechanism="a loop that tries until it answers",
            hard=found.strength is Strength.STRONG,
        )

    def connects(self, use: Use) -> WaitFor:
        """Say that a process does not start without a connection, of a use that was placed."""
        return WaitFor(
            root=use.root,
            locator=use.locator,
            targets=use.targets,
            mechanism="it connects before it serves, and a failure ends the start",
        )

    def waits(self, targets: tuple[Value, ...], chain: tuple[Step, ...]) -> Iterator[Fact]:
        """Say so of a bare connection, which is nothing else."""
        found = fate(self.flow, chain, self.custom)
        if found.waits or any(step.site.loops for step in chain):
            yield self.wait(targets, chain, found)

    def _waiting(self, chain: tuple[Step, ...], found: Fate) -> bool:
        looping = any(
            loop.sleeps and (loop.leaves or loop.fails_after or loop.kind == "while")
            for step in chain
            for loop in step.site.loops
            if loop.kind != "each"
        )
        return (looping or found.waits) and self._starting(chain)

    def _starting(self, chain: tuple[Step, ...]) -> bool:
        """Whether a chain begins at the module's level, and not in a loop of its own work."""
        step, seen = chain[-1], set[Place]()
        while step.site.function:
            place = Place(step.path, step.site.function)
            if is_hook(self.flow, place):
                return True
            above = self.flow.callers(place)
            if not above or place in seen:
                return False
            seen.add(place)
            step = above[0]
            if step.later or any(loop.kind in {"forever", "while"} for loop in step.site.loops):
                return False
        return True

    def _guards(self, chain: tuple[Step, ...]) -> tuple[str, ...]:
        """Variables that are off by default, and decide whether a chain is gone at all."""
        found: dict[str, None] = {}
        for step in chain:
            for test in step.site.tests:
                things = self.flow.ev.ask(test, seen_from(step.path, step.site))
                names = [_off(thing) for thing in things]
                if names and all(names):
                    found.update(dict.fromkeys(names))
        return tuple(found)

    def _alive(self, step: Step) -> bool:
        function = self.program.function(Place(step.path, step.site.function))
        return function is None or self._reached(step.path, function)

    def _reached(self, path: str, function: Function) -> bool:
        short = function.name.rpartition(".")[2]
        if function.decorators or short in _ALWAYS or short.startswith(("__", "test")):
            return True
        if function.owner:
            held = self.program.klass(Place(path, function.owner))
            if held is not None and held.bases:
                return True
        return self.program.mentioned(short)


def _places(chain: tuple[Step, ...]) -> list[str]:
    """The places of a chain, outermost caller first, then where its objects were made."""
    steps = [f"{step.path}:{step.site.line}" for step in reversed(chain)]
    makers = [made for step in chain if (made := _made(step))]
    if _of_its_own(chain[-1]):  # nobody is seen to call it: it is where its object is made
        return [*makers[-1:], *steps, *makers]
    return [*steps, *makers]


def _made(step: Step) -> str:
    """Where the object was made whose method a step calls."""
    me = step.me
    known = me is not None and me.scope is not None and me.expr.line
    return f"{me.scope.path}:{me.expr.line}" if known and me and me.scope else ""


def _of_its_own(step: Step) -> bool:
    """Whether a call stands in a method of the object that is known."""
    me = step.me
    return me is not None and step.path == me.path and step.site.function.startswith(f"{me.text}.")


def _off(thing: Thing) -> str:
    """The variable that a thing is, where it is empty or false by default; else empty."""
    only = thing.parts[0] if thing.kind == "str" and len(thing.parts) == 1 else None
    if only is None or only.kind != "env":
        return ""
    return only.text if (only.default or "").casefold() in _OFF else ""


def _of_work(found: Fate) -> Fate:
    """What becomes of a failure to get work: the work waits, whatever the code does."""
    if found.strength is not Strength.OPTIONAL:
        return found
    return replace(found, strength=Strength.WEAK, reason=f"its work waits; {found.reason}")


def values(things: Things) -> tuple[Value, ...]:
    """Alternatives as they go into a fact, without passwords."""
    found = [redacted(value_of(thing.parts or (Part("hole"),))) for thing in things]
    return tuple(dict.fromkeys(found))


def redacted(value: Value) -> Value:
    """A value without the passwords of the addresses in it."""
    return Value(
        tuple(
            replace(
                part,
                text=without_password(part.text) if part.kind == "text" else part.text,
                default=None if part.default is None else without_password(part.default),
            )
            for part in value.parts
        )
    )


def plain(thing: Thing) -> str:
    """The literal text of a thing."""
    return "".join(part.text for part in thing.parts if part.kind == "text")
