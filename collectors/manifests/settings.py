"""Values of an environment, with what is or may be secret in them kept back."""

from __future__ import annotations

import re

from depmap.collecting.secrets import digest, is_secret_name, without_password
from depmap.model.deployed import Setting

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
    key, value = given
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


def _kept(key: str, value: str) -> bool:
    if "\n" in value:
        return False
    if "://" in value or _HARMLESS.fullmatch(value) or _HOST.fullmatch(value):
        return True
    if _PAIRED.fullmatch(value) or _TCP.match(value):
        return True
    libpq = value.startswith("host=") or " host=" in value
    return libpq or (
        not is_secret_name(key) and len(value) <= MAX_WORD and _WORDS.fullmatch(value) is not None
    )
