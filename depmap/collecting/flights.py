"""Several requests under way at once, and their answers in the order of the questions."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Q = TypeVar("Q")
A = TypeVar("A")


class Flights(Generic[Q, A]):
    """Questions that wait, in order; new ones may be put first while answers are taken."""

    def __init__(self, ask: Callable[[Q], A], questions: Iterable[Q], at_once: int) -> None:
        """Ask nothing yet.

        Args:
            ask: answers a question; called in threads where ``at_once`` is more than one.
            questions: the questions.
            at_once: how many may be under way.
        """
        self._ask = ask
        self._waiting = deque(questions)
        self._at_once = at_once

    def first(self, questions: Iterable[Q]) -> None:
        """Put questions before those that wait."""
        self._waiting.extendleft(reversed(list(questions)))

    def answers(self) -> Iterator[tuple[Q, Future[A]]]:
        """Yield each question with its answer, which may be an error."""
        flying: deque[tuple[Q, Future[A]]] = deque()
        while self._waiting or flying:
            while self._waiting and len(flying) < self._at_once:
                question = self._waiting.popleft()
                flying.append((question, self._sent(question)))
            yield flying.popleft()

    def _sent(self, question: Q) -> Future[A]:
        future: Future[A] = Future()
        if self._at_once == 1:
            self._answer(question, future)
        else:
            # Nobody waits for these when a run is interrupted, as one would for a pool's.
            Thread(target=self._answer, args=(question, future), daemon=True).start()
        return future

    def _answer(self, question: Q, future: Future[A]) -> None:
        try:
            future.set_result(self._ask(question))
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is taken
            future.set_exception(error)
