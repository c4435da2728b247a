"""The variables of the containers of a pod: written there, or taken of a ConfigMap or Secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.manifests.maps import entries, value_of
from collectors.manifests.objects import Object
from collectors.manifests.pod_estate import Estate
from collectors.manifests.settings import address_in, setting
from depmap.collecting.secrets import is_secret_name
from depmap.model.deployed import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item

REFERRED = re.compile(r"\$\((\w+)\)")
"""A variable in the value of another, or in a command."""

_REFS = (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef"))
_WHOLE = (("ConfigMap", "configMapRef"), ("Secret", "secretRef"))
_HARMLESS = re.compile(r"\d{1,5}|true|false|yes|no|on|off", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:^|[_.-])(?:host(?:name)?|port|database|db|dbname|schema|user(?:name)?|name|driver|dialect|"
    r"sync|region|zone|bucket|env(?:ironment)?|debug|level|timeout|mode|tz|email|from)$",
    re.IGNORECASE,
)
_OWN_SERVICE = re.compile(r"([A-Z][A-Z0-9_]*)_SERVICE_(HOST|PORT)")


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of the containers of one workload.

    Attributes:
        estate: what its pod may refer to.
        one: the workload.
    """

    estate: Estate
    one: Object

    def settings(self, container: Item) -> Iterator[Setting]:
        """Yield the variables of a container, those of whole maps first."""
        for source in container["envFrom"].items:
            for kind, ref in _WHOLE:
                name = source[ref]["name"].text
                held = self.estate.maps.find(kind, name, self.one)
                for entry in entries(held):
                    place = (kind, name, entry)
                    yield self._from_map(place, source["prefix"].text + entry, source)
        plain = {one["name"].text: one["value"].text for one in container["env"].items}
        for item in container["env"].items:
            key = item["name"].text
            if item["value"].value is not None:
                text = self._referred(item["value"].text, plain)
                at = self.one.at(item)
                yield setting(
                    self.estate.root, at, self.one.name, (key, text), variant=self.one.variant
                )
            for kind, ref in _REFS:
                place = (kind, item["valueFrom"][ref]["name"].text,
                         item["valueFrom"][ref]["key"].text)  # fmt: skip
                if place[1]:
                    yield self._from_map(place, key, item, whole=False)

    def _referred(self, text: str, plain: dict[str, str]) -> str:
        """A value with ``$(OTHER)`` filled in, also by what every Service is announced with."""

        def filled(match: re.Match[str]) -> str:
            service = _OWN_SERVICE.fullmatch(match[1])
            if match[1] in plain or service is None:
                return plain.get(match[1]) or match[0]
            name = service[1].lower().replace("_", "-")
            return name if service[2] == "HOST" and name in self.estate.known else match[0]

        return re.sub(r":\$\(\w+_SERVICE_PORT\)", "", REFERRED.sub(filled, text))

    def _from_map(
        self, place: tuple[str, str, str], key: str, used: Item, *, whole: bool = True
    ) -> Setting:
        """A variable from a ConfigMap or a Secret; of a Secret's value only an address is kept."""
        kind, name, entry = place
        held = self.estate.maps.find(kind, name, self.one)
        item = entries(held).get(entry)
        found = held.at(item) if held is not None and item is not None else self.one.at(used)
        text = value_of(held, entry) if held is not None else ""
        if kind == "ConfigMap":
            given = (key, text.strip())  # a map that only variants have is needed all the same
            return setting(self.estate.root, found, self.one.name, given, f"{name}/{entry}",
                           variant=self.one.variant, whole=whole)  # fmt: skip
        source, hashed = self.estate.maps.identity(name, entry)
        guessed = is_secret_name(entry) or is_secret_name(key)  # "postgres" may be a password
        address = address_in(text, () if guessed else self.estate.known)
        return Setting(
            root=self.estate.root,
            locator=found if whole else self.one.at(used),
            unit=self.one.name,
            key=key,
            value=address,
            digest=hashed,
            secret=address != text.strip() if address else not _is_plain(entry, text),
            source=source,
            variant=self.one.variant,
            whole=whole,
            named=True,
        )


def _is_plain(entry: str, text: str) -> bool:
    """Whether an entry of a Secret says nothing that is secret: a port, a switch, a name."""
    return _HARMLESS.fullmatch(text.strip()) is not None or (
        _PLAIN.search(entry) is not None and not is_secret_name(entry)
    )
