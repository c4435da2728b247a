"""Links of hours, put together where a message comes from another hour.

Traces are linked hour by hour, each whole in the hour in which it begins. What ties them is a
message whose sender lies in another trace: of up to ``BACK`` earlier, or of the next hour, since a
consumer may begin to wait before the message is sent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from depmap.tracing.joining import merge
from depmap.tracing.linking import link
from depmap.tracing.links import Links, Senders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depmap.tracing.spans import Spans

HOUR: Final = "%Y-%m-%dT%H"
"""How a window of one UTC hour is called."""

BACK: Final = timedelta(hours=24)
"""How long a message may have waited to be tied to its sender."""

_ONE: Final = timedelta(hours=1)


def moment(hour: str) -> datetime:
    """Return the beginning of a window of one hour.

    Raises:
        ValueError: it is the name of another window.
    """
    return datetime.strptime(hour, HOUR).replace(tzinfo=UTC)


def linked(hours: Mapping[str, Spans]) -> dict[str, Links]:
    """Return the links of each hour of one set of traces, however far apart they are."""
    parts = {hour: link(spans) for hour, spans in hours.items()}
    return {hour: _tied(part, hour, parts) for hour, part in parts.items()}


def _tied(part: Links, hour: str, parts: Mapping[str, Links]) -> Links:
    others = [Links(senders=other.senders) for name, other in parts.items() if name != hour]
    return merge([part, *others]) if part.waiting and others else part


class Ties:
    """Hours in order: what they sent, and the last one, which may still wait for the next."""

    def __init__(self, senders: Mapping[str, Senders] | None = None) -> None:
        """Begin with what earlier hours sent, by hour."""
        self.senders = dict(senders or {})
        self._parts: dict[str, Links] = {}

    def add(self, hours: Mapping[str, Spans]) -> dict[str, Links]:
        """Return the links of hours, and of the one before where a message ties it now."""
        before = {hour: self._tied(hour) for hour in self._parts}
        for hour, spans in hours.items():
            self._parts[hour] = link(spans)
            self.senders[hour] = self._parts[hour].senders
        found = {hour: self._tied(hour) for hour in sorted(self._parts)}
        self._forget()
        return {
            hour: links
            for hour, links in found.items()
            if hour in hours or len(links.waiting) < len(before[hour].waiting)
        }

    def _tied(self, hour: str) -> Links:
        part, at = self._parts[hour], moment(hour)
        others = [
            Links(senders=sent)
            for name, sent in sorted(self.senders.items())
            if name != hour and len(sent.trace) and at - BACK <= moment(name) <= at + _ONE
        ]
        return merge([part, *others]) if part.waiting and others else part

    def _forget(self) -> None:
        """Keep the last hour, and what was sent in the time before it."""
        if not self._parts:
            return
        last = max(self._parts)
        self._parts = {last: self._parts[last]}
        oldest = (moment(last) - BACK).strftime(HOUR)
        self.senders = {hour: sent for hour, sent in self.senders.items() if hour >= oldest}
