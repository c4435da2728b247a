"""What a machine lacks for the real servers, and how to get it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


class Missing(Exception):  # noqa: N818 - it says what is missing, not what went wrong
    """Something needed on this machine is absent.

    Args:
        what: the thing that is missing, in words.
        cure: how a person gets it.
        packages: the Debian packages that bring it, if any do.
    """

    def __init__(self, *, what: str, cure: str = "", packages: tuple[str, ...] = ()) -> None:
        self.what = what
        self.packages = packages
        self.cure = cure or f"apt-get install {' '.join(packages)}"
        super().__init__(f"{what} is missing: {self.cure}")


def program(*names: str, packages: tuple[str, ...] = (), cure: str = "") -> str:
    """Return the absolute path of the first of these programs that there is.

    Args:
        names: what the program may be called.
        packages: the Debian packages that bring it.
        cure: how else to get it.

    Raises:
        Missing: there is none of them.
    """
    # Wheels put programs beside the interpreter, which need not be on PATH.
    folders = (None, str(Path(sys.executable).parent))
    for name in names:
        for folder in folders:
            if found := shutil.which(name, path=folder):
                return str(Path(found).absolute())
    raise Missing(what=f"the program {names[0]}", cure=cure, packages=packages)
