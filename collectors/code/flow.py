"""Who calls whom: from the place of a call up to the route, the start or the task it serves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from collectors.code import instances
from collectors.code.evaluate import Evaluator
from collectors.code.program import Place
from collectors.code.summary import Site
from collectors.code.things import Scope, Thing, Things, seen_from, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

Answers: TypeAlias = "tuple[Things, ...]"
Question: TypeAlias = "Callable[[Scope], tuple[Things, ...]]"
"""What is asked of a scope; the answers may leave parameters open."""

MAX_LEVELS = 3
"""How many callers up an argument is followed."""

MAX_CALLERS = 40
"""Callers of one function that are looked at."""

MAX_OBJECTS = 6
"""Objects that one call may be of, which are told apart."""

BACKGROUND = frozenset(
    {"add_task", "Thread", "Timer", "submit", "create_task", "ensure_future", "start_soon",
     "delay", "apply_async", "spawn", "call_soon", "run_coroutine_threadsafe", "enqueue",
     "Process", "start_background_task", "spawn_later", "call_later", "start_new_thread"}
)  # fmt: skip
"""Calls that run a function while the caller goes on."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call in a file, as a step of a chain.

    Attributes:
        path: the file.
        site: the call.
        me: the object whose method is called.
        passed: the name of the call that the function is handed to; empty when it is called.
        encloses: whether it only makes the function, of which it gives what is around it: the
            arguments of a decorator.
    """

    path: str
    site: Site
    me: Thing | None = None
    passed: str = ""
    encloses: bool = False

    @property
    def later(self) -> bool:
        """Whether the function is only handed over, for others to call when it is due."""
        return bool(self.passed) and self.passed not in RUNNERS

    @property
    def background(self) -> bool:
        """Whether the caller goes on without waiting for it."""
        if self.passed:
            return self.passed in BACKGROUND
        return self.site.within in BACKGROUND and self.site.dropped


_COMMON = frozenset(name for kind in (dict, list, set, str) for name in dir(kind))
"""Methods that what Python brings has as well."""

RUNNERS = frozenset({"run", "partial", "run_sync", "call", "run_until_complete", "map", "wraps"})
"""Calls that run a function which they are handed, at once."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which a call is made.

    Attributes:
        answers: what was asked, seen from there.
        chain: the call, and the callers that were needed to know more, innermost first.
    """

    answers: tuple[Things, ...]
    chain: tuple[Step, ...]


@dataclass(slots=True)
class Flow:
    """Answers who calls a function, and with what."""

    ev: Evaluator
    _callees: dict[int, Things] = field(default_factory=dict)
    _callers: dict[Place, tuple[Step, ...]] = field(default_factory=dict)
    _hooks: frozenset[Place] | None = None

    def callee(self, path: str, site: Site) -> Things:
        """What a call calls."""
        key = id(site)
        if key not in self._callees:
            self._callees[key] = self.ev.ask(site.call.args[0], seen_from(path, site))
        return self._callees[key]

    def callers(self, place: Place) -> tuple[Step, ...]:
        """The calls of a function or method of this root."""
        if place not in self._callers:
            self._callers[place] = ()  # a function that calls itself ends here
            self._callers[place] = tuple(self._find(place))[:MAX_CALLERS]
        return self._callers[place]

    def hooks(self, find: Callable[[Flow], frozenset[Place]]) -> frozenset[Place]:
        """The functions that applications are handed, looked for once."""
        if self._hooks is None:
            self._hooks = find(self)
        return self._hooks

    def _find(self, place: Place) -> list[Step]:
        short = place.name.rpartition(".")[2]
        maker = short == "__init__"
        if maker:
            short = place.name.split(".")[-2]
        found: list[Step] = []
        for path, site in self.ev.program.calls_of(short):
            found.extend(self._steps(place, path, site, maker=maker))
        return found

    def _steps(self, place: Place, path: str, site: Site, *, maker: bool) -> list[Step]:
        """The ways in which a call calls a function: one for each object that it may be of."""
        wanted = place.name.rpartition(".")[0] if maker else place.name
        key = ("class" if maker else "func", place.path, wanted)
        things = self.callee(path, site)
        called = [Step(path, site, one.origin) for one in things if _key(one) == key]
        if called:
            return called[:MAX_OBJECTS]
        attribute = site.call.args[0].op == "attr" and not maker
        if attribute and any(
            one.kind in {"hole", "method"} and self._only_method(place, site, one)
            for one in things
        ):
            return [Step(path, site)]
        passed = site.call.args[0].text
        for given in site.call.args[1:]:
            if given.op in {"name", "attr", "call"}:
                handed = self.ev.ask(given, seen_from(path, site))
                steps = [Step(path, site, one.origin, passed) for one in handed
                         if _key(one) == key]  # fmt: skip
                if steps:
                    return steps[:MAX_OBJECTS]
        return []

    def _only_method(self, place: Place, site: Site, thing: Thing) -> bool:
        """Whether an unknown object can only be of the one class that has such a method."""
        short = place.name.rpartition(".")[2]
        if site.call.args[0].text != short or "." not in place.name or short in _COMMON:
            return False
        if thing.origin is not None and thing.origin.kind not in {"hole", "str"}:
            return False
        if thing.origin is not None and any(
            part.kind not in {"hole", "param"} for part in thing.origin.parts
        ):
            return False
        return self.ev.program.methods_named(short) == 1

    def cases(self, path: str, site: Site, question: Question) -> list[Case]:
        """Ask something at a call, going to the callers for what parameters hold."""
        return self._cases(Step(path, site), question, (), 0)

    def _cases(
        self, step: Step, question: Question, below: tuple[Step, ...], level: int
    ) -> list[Case]:
        self.ev.reset()
        scope = seen_from(step.path, step.site)
        answers = question(scope)
        chain = (*below, step)
        plain = [Case(answers, chain)]
        if level == MAX_LEVELS or not _open(answers) or not step.site.function:
            return plain
        place = Place(step.path, step.site.function)
        found: list[Case] = []
        for caller in self.callers(place):
            target = Thing("func", text=place.name, path=place.path, origin=caller.me)
            asked = self._through(target, caller, step, question)
            cases = self._cases(caller, asked, chain, level + 1)
            found.extend(case for case in cases if _shown(case.answers) != _shown(answers))
        found = found or self._enclosing(place, step, question, chain, level)
        return found or self._instances(place, question, chain) or plain

    def _enclosing(
        self, place: Place, step: Step, question: Question, chain: tuple[Step, ...], level: int
    ) -> list[Case]:
        """Ask those who call the function around: what a decorator is given."""
        function = self.ev.program.function(place)
        outer = Place(place.path, function.outer if function is not None else "")
        if not outer.name:
            return []
        found: list[Case] = []
        for caller in self.callers(outer):
            target = Thing("func", text=outer.name, path=outer.path, origin=caller.me)

            def asked(scope: Scope, caller: Step = caller, target: Thing = target) -> Answers:
                around = instances.bind(self.ev, target, caller.site.call, scope)
                return question(replace(seen_from(step.path, step.site), outer=around))

            made = replace(caller, encloses=True)
            found.extend(self._cases(made, asked, chain, level + 1))
        return found or self._enclosing(outer, step, question, chain, level)

    def _through(self, target: Thing, caller: Step, step: Step, question: Question) -> Question:
        """The same question, asked of a caller: it binds the parameters of the step's function."""
        call = caller.site.call
        if caller.passed:  # submit(f, 1, 2) calls f(1, 2)
            place = next(
                (
                    n
                    for n, arg in enumerate(call.args[1:], 1)
                    if arg.text == target.text.split(".")[-1]
                ),
                1,
            )
            call = type(call)(call.op, "", (call.args[place], *call.args[place + 1 :]), call.keys)

        def asked(scope: Scope) -> tuple[Things, ...]:
            seen = self._seen_from(scope, caller, target)
            inside = instances.bind(self.ev, seen, call, scope)
            return question(replace(inside, at=(step.site.order, step.site.block)))

        return asked

    def _seen_from(self, scope: Scope, caller: Step, target: Thing) -> Thing:
        """The method that is called, with its object as a scope knows it."""
        if scope.me is None or caller.passed:
            return target
        for thing in self.ev.evaluate(caller.site.call.args[0], scope):
            if (thing.kind, thing.path, thing.text) == ("func", target.path, target.text):
                return thing
        return target

    def _instances(self, place: Place, question: Question, chain: tuple[Step, ...]) -> list[Case]:
        """Ask for each object that a method may belong to, where nobody says which."""
        function = self.ev.program.function(place)
        if function is None or not function.owner:
            return []
        me = Thing("instance", text=function.owner, path=place.path)
        found = []
        for call, scope in instances.made(self.ev, me):
            self.ev.reset()
            made = Thing("instance", (), me.text, me.path, call, scope)
            answers = question(Scope(place.path, place.name, me=made))
            found.append(Case(answers, (*chain[:-1], replace(chain[-1], me=made))))
        return found if len(found) > 1 else []


def _key(thing: Thing) -> tuple[str, str, str]:
    return thing.kind, thing.path, thing.text


def _open(answers: tuple[Things, ...]) -> bool:
    """Whether something is, or is an attribute of, a parameter that is not known."""
    return any(
        part.kind == "param"
        for things in answers
        for thing in things
        for root in (thing.roots() if thing.kind == "method" else (thing,))
        for part in root.parts
    )


def _shown(answers: tuple[Things, ...]) -> list[list[str]]:
    return [
        [f"{thing.kind}{thing.text}{value_of(thing.parts)}" for thing in things]
        for things in answers
    ]
