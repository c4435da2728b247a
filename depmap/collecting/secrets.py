"""Comparing secrets without keeping them."""

from __future__ import annotations

import hashlib
import hmac
import os
import re

_FIXED_KEY = b"depmap: secrets are compared, never kept"
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:SECRET|PASSWORD|PASSWD|PASS|PWD|TOKEN|CREDENTIALS?|PRIVATE|SIGNING|API_?KEY"
    r"|KEY|SALT|DSN_PASSWORD|CERT|PEM)(?:_|$|S$)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\b((?:ssl)?password|passwd|pwd|secret|token|api[-_]?key|AccountKey|SharedAccessKey)="
    r"('[^']*'|[^\s;&]+)",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(?<=://)([^/@\s:]*):([^/@\s]*)@")


def digest(secret: str) -> str:
    """Return the keyed hash by which a secret is compared with others.

    The key is ``DEPMAP_HASH_KEY`` where that is set. Scans in different CI jobs can only be
    joined when they use one key, so a random one will not do; without the variable a fixed one
    is used, under which a guessed secret could be confirmed by whoever has the ledger.
    """
    key = os.environ.get("DEPMAP_HASH_KEY", "").encode() or _FIXED_KEY
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()[:24]


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name probably holds a secret."""
    return _SECRET_NAME.search(name) is not None


def without_password(value: str) -> str:
    """Return an address with the passwords in it replaced by ``***``.

    >>> without_password("postgresql://shop:hunter2@db/shop")
    'postgresql://shop:***@db/shop'
    """
    return _WRITTEN.sub(r"\1=***", _USER_INFO.sub(r"\1:***@", value))
