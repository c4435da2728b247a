"""Libraries that know by themselves where they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "a module": (
        "import stripe\nstripe.api_key = 'x'\nstripe.PaymentIntent.create(amount=1)",
        [("http", "https://api.stripe.com", "PaymentIntent.create")],
    ),
    "a client": (
        "from openai import OpenAI\nclient = OpenAI()\nclient.chat.completions.create(m=1)",
        [("http", "https://api.openai.com", "chat.completions.create")],
    ),
    "a client that an object keeps": (
        """
        from slack_sdk import WebClient
        class Alerts:
            def __init__(self):
                self.client = WebClient(token="x")
            def send(self):
                self.client.chat_postMessage(channel="x")
        Alerts().send()
        """,
        [("http", "https://slack.com", "WebClient.chat_postMessage")],
    ),
    "monitoring": (
        "import sentry_sdk\nsentry_sdk.init(dsn='x')",
        [("monitoring", "https://sentry.io", "")],
    ),
    "what calls nobody": ("import stripe\nstripe.Webhook.construct_event(1)\nstripe.Event", []),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_libraries(tmp_path: Path, source: str, expected: list[tuple[str, str, str]]) -> None:
    uses = only(Use, read(tmp_path, {"main.py": source}))
    found = [
        (use.kind.value, str(use.targets[0]), "|".join(map(str, use.operations))) for use in uses
    ]
    assert found == expected
