"""Calls by way of libraries of one purpose each: mail servers, and Vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.code.placed import Placer, values
from collectors.code.strings import concatenate
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, text
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Site
    from collectors.code.things import Things
    from depmap.model.facts import Fact

MAILERS = {
    "smtplib.SMTP": (0, "host", "port"),
    "smtplib.SMTP_SSL": (0, "host", "port"),
    "aiosmtplib.SMTP": (0, "hostname", "port"),
    "aiosmtplib.send": (-1, "hostname", "port"),
    "fastapi_mail.ConnectionConfig": (-1, "MAIL_SERVER", "MAIL_PORT"),
}
"""Where the host of a mail server stands, and what it and its port are called."""

VAULTS = frozenset({"hvac.Client", "hvac.v1.Client", "hvac.AsyncClient"})
_READS = {
    "read_secret_version": "/data/",
    "read_secret": "/data/",
    "read_secret_metadata": "/metadata/",
    "list_secrets": "/metadata/",
}
_WRITES = {"create_or_update_secret": "/data/", "patch": "/data/"}
_PLAIN = frozenset({"read", "write", "list"})
"""Methods of the client itself, which take a whole path."""


@dataclass(frozen=True, slots=True)
class Further:
    """Finds these calls.

    Attributes:
        placer: where things stand.
    """

    placer: Placer

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield the call of a mail server or of Vault that a call is."""
        for thing in self.placer.flow.callee(path, site):
            if thing.kind == "ref" and thing.text in MAILERS:
                yield from self._mailed(path, site, *MAILERS[thing.text])
            elif thing.kind == "method" and any(one.text in VAULTS for one in thing.roots()):
                yield from self._asked(path, site, thing.text.rpartition(".")[2])

    def _mailed(self, path: str, site: Site, place: int, host: str, port: str) -> Iterator[Fact]:
        ev = self.placer.flow.ev
        given = argument(site.call, place, host)
        number = argument(site.call, place + 1 if place >= 0 else -1, port)
        if given is None:
            return

        def asked(scope: Scope) -> tuple[Things, ...]:
            after = [(text(":"),), ev.evaluate(number, scope)] if number is not None else []
            return (concatenate([(text("smtp://"),), ev.evaluate(given, scope), *after]),)

        for case in self.placer.flow.cases(path, site, asked):
            use = Use(
                kind=Kind.HTTP,
                system="smtp",
                targets=values(case.answers[0]),
                operations=(Value.literal("send"),),
            )
            yield from self.placer.placed(use, case.chain)

    def _asked(self, path: str, site: Site, last: str) -> Iterator[Fact]:
        ev = self.placer.flow.ev
        below = _READS.get(last) or _WRITES.get(last)
        if below is None and last not in _PLAIN:
            return
        given = argument(site.call, 0, "path")
        mount = argument(site.call, -1, "mount_point")

        def asked(scope: Scope) -> tuple[Things, ...]:
            where = ev.evaluate(given, scope) if given is not None else (text(""),)
            if below is not None:
                engine = ev.evaluate(mount, scope) if mount is not None else (text("secret"),)
                where = concatenate([engine, (text(below),), where])
            called = ev.evaluate(site.call.args[0], scope)
            heads = tuple(one for thing in called for one in _address(ev, thing))
            return (concatenate([heads, (text("/v1/"),), where]),)

        for case in self.placer.flow.cases(path, site, asked):
            method = "POST" if last in _WRITES or last == "write" else "GET"
            use = Use(
                kind=Kind.HTTP, system="http", targets=values(case.answers[0]), method=method
            )
            yield from self.placer.placed(use, case.chain)


def _address(ev: Evaluator, thing: Thing) -> Things:
    """Where the client of Vault leads: to what it is told, else to what its variable says."""
    made = next((one for one in thing.roots() if one.text in VAULTS), None)
    given = argument(made.expr, 0, "url") if made is not None else None
    if made is None or given is None or made.scope is None:
        return (Thing("str", (Part("env", "VAULT_ADDR"),)),)
    return ev.evaluate(given, made.scope)
