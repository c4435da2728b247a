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
}  # fmt: skip
"""Functions that give back what they are given, or make a value of it."""

SETTINGS_BASES = frozenset({"BaseSettings"})
"""Base classes whose fields are read from the environment."""

VERBS = frozenset({"get", "post", "put", "delete", "patch", "head", "options"})

HTTP_MODULES = frozenset({"requests", "httpx", "requests.api", "urllib3"})
"""Modules whose functions are called like a verb."""

HTTP_ANY = {
    "requests.request": (0, 1), "httpx.request": (0, 1), "httpx.stream": (0, 1),
    "urllib3.request": (0, 1), "aiohttp.request": (0, 1),
    "urllib.request.urlopen": (-1, 0), "urllib.request.urlretrieve": (-1, 0),
    "urllib2.urlopen": (-1, 0),
    "jwt.PyJWKClient": (-1, 0), "jwt.jwks_client.PyJWKClient": (-1, 0),
    "websockets.connect": (-1, 0), "websockets.sync.client.connect": (-1, 0),
    "websockets.client.connect": (-1, 0), "websocket.create_connection": (-1, 0),
}  # fmt: skip
"""Functions that call a URL: the places of the method and of the URL among the arguments."""

HTTP_CLIENTS = {
    "requests.Session": -1, "requests.session": -1, "requests.sessions.Session": -1,
    "httpx.Client": -1, "httpx.AsyncClient": -1, "aiohttp.ClientSession": 0,
    "aiohttp.client.ClientSession": 0, "urllib3.PoolManager": -1, "aiohttp_retry.RetryClient": -1,
    "requests_toolbelt.sessions.BaseUrlSession": 0, "tornado.httpclient.AsyncHTTPClient": -1,
    "http.client.HTTPConnection": 0, "http.client.HTTPSConnection": 0,
    "requests_futures.sessions.FuturesSession": -1, "httpx_retries.RetryClient": -1,
    "gql.transport.requests.RequestsHTTPTransport": 0,
}  # fmt: skip
"""Classes of HTTP clients: the place of the base address, -1 where only a name gives it."""

STORES = {
    "sqlite3.connect": ("database", "sqlite", True),
    "aiosqlite.connect": ("database", "sqlite", True),
    "psycopg.connect": ("database", "postgresql", True),
    "psycopg.Connection.connect": ("database", "postgresql", True),
    "psycopg.AsyncConnection.connect": ("database", "postgresql", True),
    "psycopg2.connect": ("database", "postgresql", True),
    "psycopg2.pool.SimpleConnectionPool": ("database", "postgresql", True),
    "psycopg2.pool.ThreadedConnectionPool": ("database", "postgresql", True),
    "psycopg_pool.ConnectionPool": ("database", "postgresql", False),
    "psycopg_pool.AsyncConnectionPool": ("database", "postgresql", False),
    "asyncpg.connect": ("database", "postgresql", True),
    "asyncpg.create_pool": ("database", "postgresql", True),
    "aiopg.create_pool": ("database", "postgresql", True),
    "pymysql.connect": ("database", "mysql", True),
    "MySQLdb.connect": ("database", "mysql", True),
    "mysql.connector.connect": ("database", "mysql", True),
    "aiomysql.connect": ("database", "mysql", True),
    "aiomysql.create_pool": ("database", "mysql", True),
    "sqlalchemy.create_engine": ("database", "", False),
    "sqlalchemy.engine.create_engine": ("database", "", False),
    "sqlalchemy.engine_from_config": ("database", "", False),
    "sqlalchemy.ext.asyncio.create_async_engine": ("database", "", False),
    "sqlmodel.create_engine": ("database", "", False),
    "databases.Database": ("database", "", False),
    "records.Database": ("database", "", False),
    "dataset.connect": ("database", "", False),
    "flask_sqlalchemy.SQLAlchemy": ("database", "", False),
    "pymongo.MongoClient": ("database", "mongodb", False),
    "pymongo.mongo_client.MongoClient": ("database", "mongodb", False),
    "pymongo.AsyncMongoClient": ("database", "mongodb", False),
    "motor.motor_asyncio.AsyncIOMotorClient": ("database", "mongodb", False),
    "flask_pymongo.PyMongo": ("database", "mongodb", False),
    "motor.motor_asyncio.AsyncIOMotorDatabase": ("database", "mongodb", False),
    "motor.motor_asyncio.AsyncIOMotorCollection": ("database", "mongodb", False),
    "motor.core.AgnosticDatabase": ("database", "mongodb", False),
    "pymongo.database.Database": ("database", "mongodb", False),
    "pymongo.collection.Collection": ("database", "mongodb", False),
    "pymongo.asynchronous.database.AsyncDatabase": ("database", "mongodb", False),
    "asyncpg.Pool": ("database", "postgresql", False),
    "asyncpg.pool.Pool": ("database", "postgresql", False),
    "asyncpg.Connection": ("database", "postgresql", False),
    "psycopg2.extensions.connection": ("database", "postgresql", False),
    "psycopg.Connection": ("database", "postgresql", False),
    "psycopg.AsyncConnection": ("database", "postgresql", False),
    "redis.Redis": ("cache", "redis", False), "redis.StrictRedis": ("cache", "redis", False),
    "redis.from_url": ("cache", "redis", False),
    "redis.Redis.from_url": ("cache", "redis", False),
    "redis.StrictRedis.from_url": ("cache", "redis", False),
    "redis.ConnectionPool.from_url": ("cache", "redis", False),
    "redis.asyncio.Redis": ("cache", "redis", False),
    "redis.asyncio.from_url": ("cache", "redis", False),
    "redis.asyncio.Redis.from_url": ("cache", "redis", False),
    "redis.asyncio.ConnectionPool.from_url": ("cache", "redis", False),
    "redis.asyncio.client.Redis": ("cache", "redis", False),
    "aioredis.from_url": ("cache", "redis", False),
    "aioredis.create_redis_pool": ("cache", "redis", True),
    "aioredis.Redis.from_url": ("cache", "redis", False),
    "pymemcache.client.base.Client": ("cache", "memcached", False),
    "pymemcache.Client": ("cache", "memcached", False),
    "elasticsearch.Elasticsearch": ("search", "elasticsearch", False),
    "elasticsearch.AsyncElasticsearch": ("search", "elasticsearch", False),
    "opensearchpy.OpenSearch": ("search", "opensearch", False),
    "pika.BlockingConnection": ("messaging-publish", "amqp", True),
    "pika.SelectConnection": ("messaging-publish", "amqp", True),
    "aio_pika.connect": ("messaging-publish", "amqp", True),
    "aio_pika.connect_robust": ("messaging-publish", "amqp", True),
    "kombu.Connection": ("messaging-publish", "amqp", False),
    "kafka.KafkaProducer": ("messaging-publish", "kafka", True),
    "kafka.KafkaConsumer": ("messaging-consume", "kafka", True),
    "aiokafka.AIOKafkaProducer": ("messaging-publish", "kafka", False),
    "aiokafka.AIOKafkaConsumer": ("messaging-consume", "kafka", False),
    "confluent_kafka.Producer": ("messaging-publish", "kafka", False),
    "confluent_kafka.Consumer": ("messaging-consume", "kafka", False),
    "celery.Celery": ("messaging-publish", "celery", False),
    "nats.connect": ("messaging-publish", "nats", True),
    "nats.aio.client.Client": ("messaging-publish", "nats", False),
    "nats.NATS": ("messaging-publish", "nats", False),
    "google.cloud.pubsub_v1.PublisherClient": ("messaging-publish", "pubsub", False),
    "google.cloud.pubsub_v1.SubscriberClient": ("messaging-consume", "pubsub", False),
    "boto3.client": ("external", "aws", False), "boto3.resource": ("external", "aws", False),
    "aio_pika.connection.Connection": ("messaging-publish", "amqp", False),
    "aio_pika.robust_connection.connect_robust": ("messaging-publish", "amqp", True),
    **{
        f"{module}.{prefix}{name}": ("messaging-publish", "amqp", False)
        for module in ("aio_pika", "aio_pika.abc")
        for prefix in ("", "Robust", "Abstract", "AbstractRobust")
        for name in ("Connection", "Channel", "Exchange", "Queue")
    },
    "pika.adapters.blocking_connection.BlockingChannel": ("messaging-publish", "amqp", False),
    "pika.channel.Channel": ("messaging-publish", "amqp", False),
}  # fmt: skip
"""Clients of stores and brokers: how they are used, their system, whether making one connects."""

ADDRESS_NAMES = (
    "conninfo", "dsn", "url", "uri", "host", "hosts", "host_or_url", "bootstrap_servers",
    "database_url", "name_or_url", "broker", "servers", "location", "connection_string",
)  # fmt: skip
"""Names of the argument that holds the address."""

HOLDERS = frozenset(
    {
        "sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlmodel.Session",
        "sqlalchemy.orm.scoped_session", "redis.Redis", "redis.asyncio.Redis",
        "redis.asyncio.client.Redis", "sqlmodel.ext.asyncio.session.AsyncSession",
        "sqlalchemy.orm.session.Session", "sqlalchemy.orm.session.sessionmaker",
    }
)  # fmt: skip
"""Classes whose arguments hold the client."""

PARAMETERS = frozenset(
    {
        "pika.URLParameters",
        "pika.ConnectionParameters",
        "pika.connection.URLParameters",
        "pika.connection.ConnectionParameters",
    }
)
"""Classes that only describe an address."""

MAPPERS = {
    "django.db.models.Model": "",
    "django.contrib.gis.db.models.Model": "",
    "django.contrib.auth.models.AbstractUser": "",
    "django.contrib.auth.models.AbstractBaseUser": "",
    "tortoise.models.Model": "",
    "tortoise.Model": "",
    "peewee.Model": "",
    "playhouse.signals.Model": "",
    "ormar.Model": "",
    "piccolo.table.Table": "",
    "flask_sqlalchemy.SQLAlchemy.Model": "",
    "sqlmodel.SQLModel": "",
    "gino.Gino.Model": "",
    "beanie.Document": "mongodb",
    "mongoengine.Document": "mongodb",
    "mongoengine.DynamicDocument": "mongodb",
    "umongo.Document": "mongodb",
    "odmantic.Model": "mongodb",
    "flask_mongoengine.MongoEngine.Document": "mongodb",
    "elasticsearch_dsl.Document": "elasticsearch",
}
"""Base classes of what is kept in a store: its system, where there is only one."""

SIGNERS = {"jwt.encode": 1, "jose.jwt.encode": 1, "jose.jws.sign": 1, "jwt.api_jwt.encode": 1}
VERIFIERS = {"jwt.decode": 1, "jose.jwt.decode": 1, "jose.jws.verify": 1, "jwt.api_jwt.decode": 1}
"""Functions that sign or verify with a key: the place of the key."""

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
