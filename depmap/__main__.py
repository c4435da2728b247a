"""``python -m depmap``: the same as the console script."""

from __future__ import annotations

import sys
from pathlib import Path

if not sys.flags.safe_path and sys.path and Path(sys.path[0]).resolve() == Path.cwd():
    # A repository that is looked at may have a folder `collectors` of its own.
    del sys.path[0]

from depmap.cli import main

if __name__ == "__main__":
    main()
