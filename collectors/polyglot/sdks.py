"""Clients of libraries that know the address by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.reaching import fate
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Site, Summary


@dataclass(frozen=True, slots=True)
class _Sdk:
    """A library's client.

    Attributes:
        called: what makes it.
        imported: what the file imports then.
        target: where it leads to.
        kind: how.
        operation: what is asked there; empty when it depends.
    """

    called: re.Pattern[str]
    imported: re.Pattern[str]
    target: tuple[Part, ...]
    kind: Kind = Kind.HTTP
    operation: str = ""


_SYSTEMS = {Kind.GRPC: "grpc", Kind.DATABASE: "firestore"}


def _hosted(called: str, imported: str, host: str) -> _Sdk:
    target = (Part("text", f"https://{host}"),)
    return _Sdk(re.compile(called), re.compile(imported, re.IGNORECASE), target)


_FLAGD = (
    Part("env", "FLAGD_HOST", "localhost"), Part("text", ":"), Part("env", "FLAGD_PORT", "8013"),
)  # fmt: skip
_FIRESTORE = (
    Part("text", "firestore://"),
    Part("env", "FIRESTORE_EMULATOR_HOST", "firestore.googleapis.com"),
)  # fmt: skip
_SDKS = (
    _Sdk(re.compile(r"firestore\.NewClient\w*|Firestore|getFirestore|FirestoreDb\.Create\w*"),
         re.compile(r"firestore", re.IGNORECASE), _FIRESTORE, Kind.DATABASE),
    _Sdk(re.compile(r"FlagdProvider|flagd\.NewProvider"),
         re.compile(r"flagd|OpenFeature", re.IGNORECASE),
         _FLAGD, Kind.GRPC, "flagd.evaluation.v1.Service/*"),
    _hosted(r"Stripe|StripeClient|stripe\.NewClient|stripe", r"^.*\bstripe\b", "api.stripe.com"),
    _hosted(r"OpenAI|OpenAIClient|openai\.NewClient", r"openai", "api.openai.com"),
    _hosted(r"SendGridClient|sendgrid\.NewSendClient|sgMail\.setApiKey", r"sendgrid",
            "api.sendgrid.com"),
    _hosted(r"twilio|TwilioClient\.Init|twilio\.NewRestClient\w*", r"twilio", "api.twilio.com"),
)  # fmt: skip


def sdk_uses(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[Use]:
    """Yield the use of a service that making such a client is.

    Args:
        ev: the evaluator.
        root: the name of the root.
        file: the file.
        site: the call.
        words: what the file imports, as text.
    """
    dotted = site.call.dotted() or site.call.text
    for sdk in _SDKS:
        if sdk.called.fullmatch(dotted) is None or sdk.imported.search(words) is None:
            continue
        strength, reason = fate(ev, file, site.context)
        yield Use(
            root=root,
            locator=f"{file.path}:{site.call.line}",
            kind=sdk.kind,
            system=_SYSTEMS.get(sdk.kind, "http"),
            targets=(Value(sdk.target),),
            method="*" if sdk.kind is Kind.HTTP and not sdk.operation else "",
            operations=(Value.literal(sdk.operation),) if sdk.operation else (),
            strength=strength,
            reason=reason,
            certainty=CERTAINTY,
        )
