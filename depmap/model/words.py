"""The closed vocabularies of the field: kinds, layers, strengths, impacts, phases.

Every other module spells these words by their members, so that a type checker sees a
forgotten branch. The string values are what appears in files, on the command line and
in the report.
"""

from __future__ import annotations

from enum import StrEnum


class NodeKind(StrEnum):
    """What a node is: a service that has an owner, a resource, or people."""

    SERVICE = "service"
    GATEWAY = "gateway"
    WORKER = "worker"
    JOB = "job"
    DATABASE = "database"
    CACHE = "cache"
    SEARCH = "search"
    BROKER = "broker"
    TOPIC = "topic"
    SECRET = "secret"  # noqa: S105 - a word, not a secret
    CONFIG = "config"
    LIBRARY = "library"
    EXTERNAL = "external"
    TEAM = "team"
    CAPABILITY = "capability"

    @property
    def is_service(self) -> bool:
        """Whether nodes of this kind are deployed by an owner (service, gateway, worker, job)."""
        return self in _SERVICES

    @property
    def is_infrastructure(self) -> bool:
        """Whether this is a store or broker that must be up before its users."""
        return self in _INFRASTRUCTURE


_SERVICES = frozenset({NodeKind.SERVICE, NodeKind.GATEWAY, NodeKind.WORKER, NodeKind.JOB})
_INFRASTRUCTURE = frozenset({NodeKind.DATABASE, NodeKind.CACHE, NodeKind.SEARCH, NodeKind.BROKER})


class Layer(StrEnum):
    """The layer of the matrix in which a dependency is shown."""

    TECHNICAL = "technical"
    OPERATIONAL = "operational"
    BUSINESS = "business"


class Kind(StrEnum):
    """How a consumer depends on its provider."""

    HTTP = "http"
    GRPC = "grpc"
    RPC = "rpc"
    DATABASE = "database"
    CACHE = "cache"
    SEARCH = "search"
    MESSAGING_PUBLISH = "messaging-publish"
    MESSAGING_CONSUME = "messaging-consume"
    EVENT = "event"
    EXTERNAL = "external"
    FILE = "file"
    SHARED_SECRET = "shared-secret"  # noqa: S105 - a word, not a secret
    SHARED_CONFIG = "shared-config"
    SHARED_DATA = "shared-data"
    SHARED_LIBRARY = "shared-library"
    LIBRARY_CONFLICT = "library-conflict"
    STARTUP_ORDER = "startup-order"
    MONITORING = "monitoring"
    SCALING = "scaling"
    DEPLOYMENT = "deployment"
    BUSINESS_PROCESS = "business-process"

    @property
    def layer(self) -> Layer:
        """The layer this kind belongs to, unless a person says otherwise."""
        if self in _OPERATIONAL:
            return Layer.OPERATIONAL
        return Layer.BUSINESS if self is Kind.BUSINESS_PROCESS else Layer.TECHNICAL

    @property
    def is_call(self) -> bool:
        """Whether this is a call or message that a trace could show."""
        return self in _CALLS

    @property
    def is_coupling(self) -> bool:
        """Whether this is coupling through a shared resource, which no trace shows."""
        return self in _COUPLINGS

    @property
    def is_asynchronous(self) -> bool:
        """Whether the consumer does not wait for an answer."""
        return self in _ASYNCHRONOUS


_OPERATIONAL = frozenset({Kind.STARTUP_ORDER, Kind.MONITORING, Kind.SCALING, Kind.DEPLOYMENT})
_CALLS = frozenset(
    {
        Kind.HTTP,
        Kind.GRPC,
        Kind.RPC,
        Kind.DATABASE,
        Kind.CACHE,
        Kind.SEARCH,
        Kind.MESSAGING_PUBLISH,
        Kind.MESSAGING_CONSUME,
        Kind.EVENT,
        Kind.EXTERNAL,
        Kind.FILE,
    }
)
_COUPLINGS = frozenset(
    {
        Kind.SHARED_SECRET,
        Kind.SHARED_CONFIG,
        Kind.SHARED_DATA,
        Kind.SHARED_LIBRARY,
        Kind.LIBRARY_CONFLICT,
    }
)
_ASYNCHRONOUS = frozenset({Kind.EVENT, Kind.MESSAGING_PUBLISH, Kind.MESSAGING_CONSUME})


class Strength(StrEnum):
    """Whether the consumer's work stops with the provider."""

    STRONG = "strong"
    WEAK = "weak"
    OPTIONAL = "optional"
    UNDETERMINED = "undetermined"


class Impact(StrEnum):
    """What the consumer's users see when the provider is down, worst first."""

    OUTAGE = "outage"
    DEGRADED = "degraded"
    DELAYED = "delayed"
    NONE = "none"


class Source(StrEnum):
    """The kind of witness a claim comes from; claims of one kind err together.

    ``people`` are interviews and catalogues, ``incidents`` post-mortems, ``experiments`` failure
    tests, and ``audits`` full lists of what one service depends on, made without looking at the
    other sources: they measure what those find.
    """

    TRACES = "traces"
    METRICS = "metrics"
    CODE = "code"
    DEPLOYMENT = "deployment"
    PEOPLE = "people"
    INCIDENTS = "incidents"
    EXPERIMENTS = "experiments"
    AUDITS = "audits"

    @property
    def is_told(self) -> bool:
        """Whether a person wrote the claim down, so that its kind may be a guess."""
        return self in _TOLD


_TOLD = frozenset({Source.PEOPLE, Source.INCIDENTS, Source.EXPERIMENTS, Source.AUDITS})


class Stance(StrEnum):
    """Whether a claim says that the dependency is there, or that it is not."""

    SUPPORTS = "supports"
    DENIES = "denies"


class Phase(StrEnum):
    """The four roles in which a system is rolled out, first to last."""

    FOUNDATION = "foundation"
    SUPPORTING = "supporting"
    CORE_BUSINESS = "core-business"
    USER_FACING = "user-facing"

    @property
    def number(self) -> int:
        """The position of the phase, 0 (foundation) to 3 (user-facing)."""
        return PHASES.index(self)


PHASES = tuple(Phase)
