"""What every test may use: the real servers, and how long hypothesis looks."""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["tests.servers.fixtures"]

# No deadlines: on a busy machine the clock would decide.
settings.register_profile("dev", max_examples=50, deadline=None)
# The same examples on every run, so that a red build is red again.
settings.register_profile("ci", max_examples=200, derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
