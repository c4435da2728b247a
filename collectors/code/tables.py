"""What is known of other people's packages: one line a fact."""

from __future__ import annotations

ENV_READERS = frozenset(
    [
        "os.environ.get",
        "os.getenv",
        "os.environ.setdefault",
        "os.environ.pop",
        "posix.environ.get",
        "decouple.config",
        "starlette.config.environ.get",
        "environs.env",
        "environs.Env.str",
        "environs.Env.url",
        "environs.Env.int",
        "environs.env.str",
        "environs.env.url",
        "environ.Env.str",
        "environ.Env.url",
        "environ.Env.db",
        "environ.Env.db_url",
        "environ.Env.cache",
        "environ.Env.int",
    ]
)
"""Calls whose first argument is the name of an environment variable, the second its default."""

ENV_OBJECTS = frozenset(
    [
        "environs.Env",
        "environ.Env",
        "starlette.config.Config",
        "decouple.Config",
        "decouple.AutoConfig",
    ]
)
"""Classes whose objects are called like ``ENV_READERS``."""

ENV_MAPS = frozenset({"os.environ", "starlette.config.environ", "posix.environ"})
"""Mappings from the names of environment variables."""

SPECIAL = {
    **dict.fromkeys(
        ("bool", "str", "int", "float",
         "yarl.URL", "httpx.URL", "pydantic.AnyUrl", "pydantic.HttpUrl",
         "sqlalchemy.engine.make_url", "sqlalchemy.make_url", "sqlalchemy.engine.url.make_url",
         "urllib.parse.quote", "urllib.parse.quote_plus", "pathlib.Path", "bytes", "list",
         "tuple", "set", "sorted", "reversed", "iter", "next", "flask.escape", "sqlalchemy.text",
         "sqlalchemy.sql.text", "asyncio.wait_for", "contextlib.closing", "textwrap.dedent",
         "asyncio.create_task", "asyncio.ensure_future", "dict", "urllib.request.Request",
         "pydantic.SecretStr", "psycopg.sql.SQL", "copy.copy", "copy.deepcopy", "partial",
         "fastapi.Security", "frozenset", "databases.DatabaseURL"),
        "same",
    ),
    "typing.cast": "second",
    **dict.fromkeys(
        ("yaml.safe_load", "yaml.load", "yaml.full_load", "yaml.unsafe_load", "json.load",
         "json.loads", "tomllib.load", "tomllib.loads", "tomli.load", "toml.load", "toml.loads",
         "omegaconf.OmegaConf.load"),
        "document",
    ),
    "dotenv.dotenv_values": "variables",
    **dict.fromkeys(
        ("pydantic.PostgresDsn.build", "pydantic.MySQLDsn.build", "pydantic.MariaDBDsn.build",
         "pydantic.MongoDsn.build", "pydantic.RedisDsn.build", "pydantic.AmqpDsn.build",
         "pydantic.KafkaDsn.build", "pydantic.AnyUrl.build", "pydantic.HttpUrl.build",
         "pydantic_core.MultiHostUrl.build", "pydantic_core.Url.build", "yarl.URL.build",
         "pydantic.networks.PostgresDsn.build"),
        "build",
    ),
    "dj_database_url.config": "dburl",
    "dj_database_url.parse": "same",
    "urllib.parse.urljoin": "join",
    "posixpath.join": "path",
    "os.path.join": "path",
    "dataclasses.field": "field",
    "pydantic.Field": "field",
    "attr.ib": "field",
    "attrs.field": "field",
    "attr.field": "field",
    "fastapi.Depends": "depends",
    "fastapi.params.Depends": "depends",
    "functools.partial": "same",
    "functools.lru_cache": "same",
    "functools.cache": "same",
    "getattr": "getattr",
    "dependency_injector.providers.Object": "same",
    **{
        f"dependency_injector.providers.{name}": "provided"
        for name in ("Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "Factory",
                     "ContextLocalSingleton", "Resource", "Callable", "Coroutine")
    },
}  # fmt: skip
"""Functions that give back what they are given, or make a value of it."""

SETTINGS_BASES = frozenset({"BaseSettings"})
"""Base classes whose fields are read from the environment."""

VERBS = frozenset({"get", "post", "put", "delete", "patch", "head", "options"})

HTTP_MODULES = frozenset({"requests", "httpx", "requests.api", "urllib3", "grequests", "niquests",
                          "curl_cffi.requests", "requests_async", "asks", "treq"})  # fmt: skip
"""Modules whose functions are called like a verb."""

HTTP_ANY = {
    "requests.request": (0, 1), "httpx.request": (0, 1), "httpx.stream": (0, 1),
    "urllib3.request": (0, 1), "aiohttp.request": (0, 1),
    "urllib.request.urlopen": (-1, 0), "urllib.request.urlretrieve": (-1, 0),
    "urllib2.urlopen": (-1, 0), "requests.Request": (0, 1), "httpx.Request": (0, 1),
    "xmlrpc.client.ServerProxy": (-1, 0), "zeep.Client": (-1, 0), "zeep.AsyncClient": (-1, 0),
    "gql.transport.requests.RequestsHTTPTransport": (-1, 0),
    "gql.transport.aiohttp.AIOHTTPTransport": (-1, 0),
    "gql.transport.httpx.HTTPXAsyncTransport": (-1, 0),
    "gql.transport.httpx.HTTPXTransport": (-1, 0),
    "jwt.PyJWKClient": (-1, 0), "jwt.jwks_client.PyJWKClient": (-1, 0),
    "websockets.connect": (-1, 0), "websockets.sync.client.connect": (-1, 0),
    "websockets.client.connect": (-1, 0), "websocket.create_connection": (-1, 0),
}  # fmt: skip
"""Functions that call a URL: the places of the method and of the URL among the arguments."""

HTTP_POSTS = ("gql.", "zeep.", "xmlrpc.")
"""Packages that only ever post."""

HTTP_CLIENTS = {
    "requests.Session": -1, "requests.session": -1, "requests.sessions.Session": -1,
    "httpx.Client": -1, "httpx.AsyncClient": -1, "aiohttp.ClientSession": 0,
    "aiohttp.client.ClientSession": 0, "urllib3.PoolManager": -1, "aiohttp_retry.RetryClient": -1,
    "requests_toolbelt.sessions.BaseUrlSession": 0, "tornado.httpclient.AsyncHTTPClient": -1,
    "http.client.HTTPConnection": 0, "http.client.HTTPSConnection": 0,
    "requests_futures.sessions.FuturesSession": -1, "httpx_retries.RetryClient": -1,
}  # fmt: skip
"""Classes of HTTP clients: the place of the base address, -1 where only a name gives it."""

SIGNERS = {
    "jwt.encode": 1, "jose.jwt.encode": 1, "jose.jws.sign": 1, "jwt.api_jwt.encode": 1,
    "authlib.jose.jwt.encode": 2, "authlib.jose.JsonWebToken.encode": 2,
}  # fmt: skip
VERIFIERS = {
    "jwt.decode": 1, "jose.jwt.decode": 1, "jose.jws.verify": 1, "jwt.api_jwt.decode": 1,
    "authlib.jose.jwt.decode": 1, "authlib.jose.JsonWebToken.decode": 1,
}  # fmt: skip
"""Functions that sign or verify with a key: the place of the key."""

KEY_HOLDERS = frozenset(
    {f"itsdangerous.{prefix}{name}" for prefix in ("", "url_safe.", "timed.")
     for name in ("URLSafeTimedSerializer", "URLSafeSerializer", "TimedSerializer", "Serializer",
                  "Signer", "TimestampSigner")}
    | {"fastapi_users.authentication.JWTStrategy"}
)  # fmt: skip
"""Classes whose objects sign and verify with the key that they are made with."""

_OF_FLASK_JWT = ("JWT_SECRET_KEY", "JWT_PRIVATE_KEY", "SECRET_KEY")
OF_SIMPLE_JWT = ("SIMPLE_JWT.SIGNING_KEY", "SECRET_KEY")
KEPT_KEYS = {
    **{
        f"flask_jwt_extended.{name}": (_OF_FLASK_JWT, name.startswith("create"))
        for name in ("create_access_token", "create_refresh_token", "jwt_required",
                     "verify_jwt_in_request", "decode_token")
    },
    **{
        f"rest_framework_simplejwt.{name}": (OF_SIMPLE_JWT, signs)
        for name, signs in {
            "views.TokenObtainPairView.as_view": True, "tokens.RefreshToken.for_user": True,
            "tokens.AccessToken.for_user": True, "tokens.AccessToken": False,
            "tokens.UntypedToken": False, "authentication.JWTAuthentication": False,
            "views.TokenVerifyView.as_view": False,
        }.items()
    },
}  # fmt: skip
"""Functions of frameworks: the settings that hold the key, the first that is set, and whether
they sign with it."""

SERVERS = frozenset(
    {"flask.Flask", "quart.Quart", "fastapi.FastAPI", "starlette.applications.Starlette",
     "sanic.Sanic", "aiohttp.web.Application", "bottle.Bottle", "falcon.App", "litestar.Litestar",
     "starlette.routing.Router", "connexion.FlaskApp"}
)  # fmt: skip
ROUTERS = {
    "flask.Blueprint": "url_prefix",
    "fastapi.APIRouter": "prefix", "sanic.Blueprint": "url_prefix",
    "fastapi.routing.APIRouter": "prefix", "aiohttp.web.RouteTableDef": "prefix",
    "starlette.routing.Router": "prefix", "flask_restx.Namespace": "path",
    "flask_smorest.Blueprint": "url_prefix", "quart.Blueprint": "url_prefix",
    "flask_restful.Api": "prefix", "flask_restx.Api": "prefix", "flask_restplus.Api": "prefix",
    "flask_restplus.Namespace": "path", "flask_openapi3.APIBlueprint": "url_prefix",
}  # fmt: skip
"""Classes that hold routes, with the name of the argument that is put before their paths."""

OTHERS = frozenset(
    {"ValueError", "KeyError", "TypeError", "IndexError", "AttributeError", "LookupError",
     "JSONDecodeError", "UnicodeDecodeError", "UnicodeError", "AssertionError", "ImportError",
     "ModuleNotFoundError", "StopIteration", "FileNotFoundError", "ValidationError",
     "NotImplementedError", "ZeroDivisionError", "IntegrityError", "UniqueViolation", "NotFound",
     "HTTPStatusError", "ResponseError", "Empty", "QueueEmpty", "KeyboardInterrupt", "SystemExit",
     "CancelledError", "DoesNotExist", "NoResultFound", "InvalidTokenError", "BadSignature",
     "ExpiredSignatureError", "DecodeError", "GeneratorExit", "ArithmeticError"}
)  # fmt: skip
"""Exceptions that a provider's being away does not raise."""
