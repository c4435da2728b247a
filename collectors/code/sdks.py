"""Libraries that know by themselves where they call: one line a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code.flow import Step
from depmap.model.facts import Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.placed import Placer
    from collectors.code.summary import Site
    from collectors.code.things import Thing
    from depmap.model.facts import Fact

HOSTS = {
    "stripe": "api.stripe.com",
    "openai": "api.openai.com",
    "langchain_openai": "api.openai.com",
    "anthropic": "api.anthropic.com",
    "langchain_anthropic": "api.anthropic.com",
    "cohere": "api.cohere.com",
    "groq": "api.groq.com",
    "mistralai": "api.mistral.ai",
    "replicate": "api.replicate.com",
    "google.generativeai": "generativelanguage.googleapis.com",
    "google.genai": "generativelanguage.googleapis.com",
    "slack_sdk": "slack.com",
    "slack_bolt": "slack.com",
    "slack": "slack.com",
    "twilio": "api.twilio.com",
    "sendgrid": "api.sendgrid.com",
    "mailchimp_transactional": "mandrillapp.com",
    "postmarker": "api.postmarkapp.com",
    "resend": "api.resend.com",
    "telegram": "api.telegram.org",
    "telebot": "api.telegram.org",
    "aiogram": "api.telegram.org",
    "discord": "discord.com",
    "github": "api.github.com",
    "gitlab": "gitlab.com",
    "jira": "atlassian.net",
    "braintree": "api.braintreegateway.com",
    "paypalrestsdk": "api.paypal.com",
    "paypalcheckoutsdk": "api.paypal.com",
    "plaid": "plaid.com",
    "razorpay": "api.razorpay.com",
    "square": "connect.squareup.com",
    "firebase_admin": "firebase.googleapis.com",
    "google.cloud.storage": "storage.googleapis.com",
    "google.cloud.bigquery": "bigquery.googleapis.com",
    "google.cloud.firestore": "firestore.googleapis.com",
    "azure.storage.blob": "blob.core.windows.net",
    "algoliasearch": "algolia.net",
    "pinecone": "api.pinecone.io",
    "tweepy": "api.twitter.com",
    "googlemaps": "maps.googleapis.com",
    "auth0": "auth0.com",
    "yfinance": "query1.finance.yahoo.com",
    "wikipedia": "wikipedia.org",
}
"""Where each of them calls."""

WATCHERS = {
    "sentry_sdk.init": "sentry.io",
    "raven.Client": "sentry.io",
    "rollbar.init": "api.rollbar.com",
    "bugsnag.configure": "bugsnag.com",
    "newrelic.agent.initialize": "newrelic.com",
    "ddtrace.patch_all": "datadoghq.com",
    "datadog.initialize": "datadoghq.com",
    "honeybadger.configure": "honeybadger.io",
    "logfire.configure": "logfire.pydantic.dev",
    "posthog.capture": "posthog.com",
}
"""Calls that begin to report to a service of monitoring."""

_PLUMBING = frozenset(
    {"close", "aclose", "configure", "init", "initialize_app", "Certificate", "get", "items",
     "model_dump", "to_dict", "json", "dict", "construct_event", "append", "strip", "start",
     "split", "format", "lower", "with_options", "add_handler", "run_polling", "include_router"}
)  # fmt: skip
"""Methods that call nobody."""


def sdk_calls(placer: Placer, path: str, site: Site) -> Iterator[Fact]:
    """Yield the call of an outside service that a library makes by itself."""
    for thing in placer.flow.callee(path, site):
        if thing.kind == "ref" and thing.text in WATCHERS:
            yield from _watched(placer, path, site, WATCHERS[thing.text])
            return
        host = host_of(thing)
        if host:
            use = Use(
                kind=Kind.HTTP,
                system="https",
                targets=(Value.literal(f"https://{host}"),),
                operations=(Value.literal(_operation(thing)),),
            )
            yield from placer.placed(use, (Step(path, site),))
            return


def host_of(thing: Thing) -> str:
    """The host that calling a thing calls; empty when it calls nobody."""
    made = next((one for one in thing.roots() if one.kind in {"obj", "ref"}), None)
    last = thing.text.rpartition(".")[2]
    if made is None or last in _PLUMBING or not last[:1].islower():
        return ""
    if thing.kind not in {"method", "ref"} or thing.text.count(".") < 1:
        return ""
    package = _package(made.text)
    return HOSTS.get(package, "")


def _package(name: str) -> str:
    names = name.split(".")
    return next((".".join(names[:cut]) for cut in range(len(names), 0, -1)
                 if ".".join(names[:cut]) in HOSTS), "")  # fmt: skip


def _operation(thing: Thing) -> str:
    """The last names of what is called: ``chat.completions.create``."""
    package = _package(thing.text)
    names = thing.text[len(package) :].strip(".").split(".")
    return ".".join(names[-3:])


def _watched(placer: Placer, path: str, site: Site, host: str) -> Iterator[Fact]:
    use = Use(
        kind=Kind.MONITORING,
        system="https",
        targets=(Value.literal(f"https://{host}"),),
        strength=Strength.OPTIONAL,
        reason="it reports in the background",
    )
    yield from placer.placed(use, (Step(path, site),))
