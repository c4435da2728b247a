"""Values of an environment, with what is or may be secret in them kept back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.collecting.secrets import digest, is_secret_name, without_password
from depmap.model.deployed import Setting

if TYPE_CHECKING:
    from collections.abc import Container

MAX_WORD = 40
_SHORT = 3
_HARMLESS = re.compile(
    r"\d+(?:\.\d+){0,3}(?::\d+)?|true|false|yes|no|on|off|/[\w.:/-]*|", re.IGNORECASE
)
_HOST = re.compile(r"[A-Za-z][\w.-]*:\d{1,5}(?:,[A-Za-z][\w.-]*:\d{1,5})*")
_PAIRED = re.compile(
    r"(?:[\w ]+=[^;]*;)*(?:server|data source|host|hostname)\s*=[^;]*;.*", re.IGNORECASE
)
_TCP = re.compile(r"^([^:@/]*):[^@]*@(?=\w*\()")
_LIBPQ = re.compile(r"(?:^|\s)host=\S")
_IN_CLUSTER = re.compile(r"[a-z][a-z0-9.-]*\.svc(?:\.[a-z0-9.-]+)?(?::\d+)?")
HOST_KEY = re.compile(
    r"(?:^|[_.-])(?:HOST|HOSTNAME|ADDR|ADDRESS|SERVER|SERVERS|ENDPOINT|BROKERS?|URL|URI|SERVICE)$",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"(?:^|[_.-])(?:TOPICS?|QUEUES?|EXCHANGE|CHANNEL|STREAM|SUBJECT|BUCKET|TABLE|COLLECTION|DB|"
    r"DB_?NAME|DATABASE)(?:[_.-]|$)",
    re.IGNORECASE,
)
"""Keys whose values are what something is called: of no use to who should not have them."""

_CALL = re.compile(r"[A-Za-z][\w.:-]{0,60}")
_NAME = re.compile(r"[a-z][a-z0-9.-]*(?::\d+)?")
_SCHEME = re.compile(r"[a-z][\w+.:-]*", re.IGNORECASE)
_DRIVER = re.compile(r"tcp\([\w.:-]+\)(?:/\w*)?")
_PLACE = re.compile(
    r"(?:server|data source|host|hostname|port|database|initial catalog|dbname)\s*=\s*[^;\s]+",
    re.IGNORECASE,
)
_HOLDER = re.compile(r"(?<=\w)\.<[\w-]+>(?=[.:/]|$)")
"""A place in a host's name that the program itself fills in: most often with its namespace."""

MAX_ADDRESS = 2000
_WORDS = re.compile(r"[A-Za-z][A-Za-z._/, -]*\d{0,3}")


def setting(
    root: str,
    locator: str,
    unit: str,
    given: tuple[str, str],
    source: str = "",
    *,
    variant: str = "",
    whole: bool = False,
) -> Setting:
    """Return the fact that a unit is given a variable, as (key, value).

    Kept are addresses without their passwords, numbers, switches, paths, and words that may
    name a host or a topic; of a variable that is named like a secret, no words either. All
    other values are kept as their keyed hash only.
    """
    key, value = given[0], _HOLDER.sub("", given[1])
    kept = _kept(key, value)
    return Setting(
        root=root,
        locator=locator,
        unit=unit,
        key=key,
        value=without_password(_TCP.sub(r"\1:***@", value)) if kept else "",
        digest=digest(value) if len(value) > _SHORT else "",
        secret=not kept and is_secret_name(key),
        source=source,
        variant=variant,
        whole=whole,
    )


def address_in(value: str, known: Container[str]) -> str:
    """Return the address that a kept secret holds; empty for another one.

    Of the value only scheme, host, port and, for others than web addresses, the path are
    returned: users, passwords and parameters are cut off, and of pairs those stay that say where.

    Args:
        value: what a Secret or a configuration file says.
        known: the names of what is deployed: a word that is one of them is a host.
    """
    value = value.strip()
    if not value or "\n" in value or len(value) > MAX_ADDRESS:
        return ""
    scheme, mark, rest = value.partition("://")
    if mark and _SCHEME.fullmatch(scheme):
        rest = rest.rpartition("@")[2].partition("?")[0]
        web = scheme.lower() in {"http", "https"}
        return f"{scheme}://{rest.partition('/')[0] if web else rest}"
    driver = _DRIVER.search(value)
    if driver is not None:
        return driver[0]
    if _PAIRED.fullmatch(value) or _LIBPQ.search(value):
        return (";" if ";" in value else " ").join(_PLACE.findall(value))
    host = value.partition(":")[0].partition(".")[0]
    return value if host in known and _NAME.fullmatch(value) else ""


def _kept(key: str, value: str) -> bool:
    if "\n" in value:
        return False
    if "://" in value or _HARMLESS.fullmatch(value) or _HOST.fullmatch(value):
        return True
    if _PAIRED.fullmatch(value) or _TCP.match(value) or _IN_CLUSTER.fullmatch(value):
        return True
    if HOST_KEY.search(key) and not is_secret_name(key) and _NAME.fullmatch(value):
        return True
    if value.startswith("host=") or " host=" in value:
        return True
    called = _CALLED.search(key) is not None and _CALL.fullmatch(value) is not None
    words = len(value) <= MAX_WORD and _WORDS.fullmatch(value) is not None
    return not is_secret_name(key) and (called or words)
