"""``.env`` files that lie beside code: what a program reads for itself when it is started.

Those beside a compose file are compose's own: ``variables`` reads them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.manifests.interpolation import env_file
from collectors.manifests.settings import setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.deployed import Setting

_READ = re.compile(r"\.env(?:\.(?:local|dev|development|docker))?")
_EXAMPLE = re.compile(r"\.?env[._-](?:example|sample|dist|template|defaults?)|\.env\.\w+\.example")


_ADDRESS = re.compile(
    r"URL|URI|HOST|ADDR|ENDPOINT|SERVER|BROKER|DSN|SERVICE|TOPIC|QUEUE|PORT|NAME"
)


def wanted(name: str) -> bool:
    """Whether a file of that name holds variables for the code beside it, or shows which."""
    return bool(_READ.fullmatch(name) or _EXAMPLE.fullmatch(name))


def read(root: str, path: str, text: str) -> Iterator[Setting]:
    """Yield the variables of a file; of an example no secrets, which are made up."""
    example = _EXAMPLE.fullmatch(path.rpartition("/")[2]) is not None
    for key, (value, line) in env_file(text, {}).items():
        given = setting(root, f"{path}:{line}", "", (key, value), whole=True)
        if not _ADDRESS.search(key) and "://" not in value and not value.isdecimal():
            given = replace(given, value="")  # it may be a part of a secret
        if given.value or (given.digest and not example):
            yield replace(given, digest="") if example else given
