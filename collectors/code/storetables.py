"""What is known of clients of stores and brokers: one line a fact."""

from __future__ import annotations

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
    "minio.Minio": ("database", "s3", False),
    "neo4j.GraphDatabase.driver": ("database", "neo4j", False),
    "neo4j.AsyncGraphDatabase.driver": ("database", "neo4j", False),
    "py2neo.Graph": ("database", "neo4j", False),
    "cassandra.cluster.Cluster": ("database", "cassandra", False),
    "influxdb_client.InfluxDBClient": ("database", "influxdb", False),
    "influxdb_client.client.influxdb_client_async.InfluxDBClientAsync":
        ("database", "influxdb", False),
    "influxdb.InfluxDBClient": ("database", "influxdb", False),
    "clickhouse_driver.Client": ("database", "clickhouse", False),
    "clickhouse_driver.client.Client": ("database", "clickhouse", False),
    "clickhouse_connect.get_client": ("database", "clickhouse", True),
    "qdrant_client.QdrantClient": ("database", "qdrant", False),
    "qdrant_client.AsyncQdrantClient": ("database", "qdrant", False),
    "weaviate.Client": ("database", "weaviate", False),
    "weaviate.connect_to_custom": ("database", "weaviate", True),
    "chromadb.HttpClient": ("database", "chroma", False),
    "pymilvus.MilvusClient": ("database", "milvus", False),
    "meilisearch.Client": ("search", "meilisearch", False),
    "typesense.Client": ("search", "typesense", False),
    "etcd3.client": ("database", "etcd", False),
    "pymssql.connect": ("database", "mssql", True),
    "pyodbc.connect": ("database", "mssql", True),
    "oracledb.connect": ("database", "oracle", True),
    "cx_Oracle.connect": ("database", "oracle", True),
    "flask_mysqldb.MySQL": ("database", "mysql", False),
    "flaskext.mysql.MySQL": ("database", "mysql", False),
    "mongoengine.connect": ("database", "mongodb", False),
    "mongoengine.connection.connect": ("database", "mongodb", False),
    "peewee.PostgresqlDatabase": ("database", "postgresql", False),
    "peewee.MySQLDatabase": ("database", "mysql", False),
    "playhouse.db_url.connect": ("database", "", False),
    "tortoise.Tortoise.init": ("database", "", False),
    "tortoise.contrib.fastapi.register_tortoise": ("database", "", False),
    "tortoise.contrib.fastapi.RegisterTortoise": ("database", "", False),
    "aiocache.RedisCache": ("cache", "redis", False),
    "coredis.Redis": ("cache", "redis", False),
    "redis.cluster.RedisCluster": ("cache", "redis", False),
    "redis.RedisCluster": ("cache", "redis", False),
    "redis.asyncio.RedisCluster": ("cache", "redis", False),
    "nameko_redis.Redis": ("cache", "redis", False),
    "arq.create_pool": ("messaging-publish", "redis", True),
    "arq.connections.create_pool": ("messaging-publish", "redis", True),
    "aiokafka.admin.AIOKafkaAdminClient": ("messaging-publish", "kafka", False),
    "kafka.admin.KafkaAdminClient": ("messaging-publish", "kafka", True),
    "kafka.KafkaAdminClient": ("messaging-publish", "kafka", True),
    "confluent_kafka.admin.AdminClient": ("messaging-publish", "kafka", False),
    **{
        f"faststream.{module}.{extra}{name}": ("messaging-publish", system, False)
        for module, system, short in (
            ("rabbit", "amqp", "Rabbit"), ("kafka", "kafka", "Kafka"), ("nats", "nats", "Nats"),
            ("redis", "redis", "Redis"), ("confluent", "kafka", "Kafka"),
        )
        for extra, name in (("", f"{short}Broker"), ("", f"{short}Router"),
                            ("fastapi.", f"{short}Router"))
    },
}  # fmt: skip
"""Clients of stores and brokers: how they are used, their system, whether making one connects."""

ADDRESS_NAMES = (
    "conninfo", "dsn", "url", "uri", "host", "hosts", "host_or_url", "bootstrap_servers",
    "database_url", "name_or_url", "broker", "servers", "location", "connection_string",
    "endpoint", "contact_points", "db_url", "config",
)  # fmt: skip
"""Names of the argument that holds the address."""

PLACES = {
    "kafka.KafkaConsumer": -1, "aiokafka.AIOKafkaConsumer": -1, "celery.Celery": 1,
    "psycopg2.pool.SimpleConnectionPool": 2, "psycopg2.pool.ThreadedConnectionPool": 2,
    "mongoengine.connect": -1, "mongoengine.connection.connect": -1,
    "peewee.PostgresqlDatabase": -1, "peewee.MySQLDatabase": -1, "tortoise.Tortoise.init": -1,
    "tortoise.contrib.fastapi.register_tortoise": -1,
    "tortoise.contrib.fastapi.RegisterTortoise": -1,
}  # fmt: skip
"""Where the address stands among the arguments, where it is not the first; -1: only by name."""

CONFIGURED = {
    "flask_sqlalchemy.SQLAlchemy": ("", "SQLALCHEMY_DATABASE_URI"),
    "flask_pymongo.PyMongo": ("", "MONGO_URI"),
    "flask_mysqldb.MySQL": ("mysql://", "MYSQL_HOST"),
    "flaskext.mysql.MySQL": ("mysql://", "MYSQL_DATABASE_HOST"),
}
"""Extensions of Flask: what stands before the setting that holds the address."""

HOLDERS = frozenset(
    {
        "sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlmodel.Session",
        "sqlalchemy.orm.scoped_session", "redis.Redis", "redis.asyncio.Redis",
        "redis.asyncio.client.Redis", "sqlmodel.ext.asyncio.session.AsyncSession",
        "sqlalchemy.orm.session.Session", "sqlalchemy.orm.session.sessionmaker",
        "gridfs.GridFS", "gridfs.GridFSBucket", "motor.motor_asyncio.AsyncIOMotorGridFSBucket",
        "rq.Queue", "rq.Worker", "limits.storage.RedisStorage",
    }
)  # fmt: skip
"""Classes whose arguments hold the client."""

SESSIONS = frozenset(
    {
        "sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session", "sqlmodel.Session",
        "sqlalchemy.ext.asyncio.AsyncSession", "sqlmodel.ext.asyncio.session.AsyncSession",
        "sqlalchemy.ext.asyncio.session.AsyncSession", "sqlalchemy.orm.sessionmaker",
        "sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.orm.scoped_session",
        "sqlalchemy.engine.Engine", "sqlalchemy.Engine", "sqlalchemy.engine.Connection",
        "sqlalchemy.ext.asyncio.AsyncEngine", "sqlalchemy.ext.asyncio.AsyncConnection",
    }
)  # fmt: skip
"""What a database is used by, where nothing says which one it is."""

PARAMETERS = frozenset(
    {
        "pika.URLParameters",
        "pika.ConnectionParameters",
        "pika.connection.URLParameters",
        "pika.connection.ConnectionParameters",
        "arq.connections.RedisSettings",
        "arq.connections.RedisSettings.from_dsn",
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
