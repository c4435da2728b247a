"""Clients of stores and brokers: one row for each way in which one is made."""

from __future__ import annotations

import re
from dataclasses import dataclass

from depmap.model.words import Kind


@dataclass(frozen=True, slots=True)
class Client:
    """A way in which a client of a store is made.

    Attributes:
        system: the store; empty: the first argument names the driver.
        called: what is called or created, the whole of it.
        places: the positions of the address.
        names: the named arguments that hold the address.
        hosts: the named arguments that hold a host alone.
        imported: what the file must import; empty: nothing in particular.
    """

    system: str
    called: re.Pattern[str]
    places: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    imported: str = ""


def _row(
    system: str,
    called: str,
    *,
    places: tuple[int, ...] = (),
    names: str = "",
    hosts: str = "",
    imported: str = "",
) -> Client:
    pattern = re.compile(rf"(?:.*\.)?(?:{'|'.join(called.split())})")
    return Client(system, pattern, places, tuple(names.split()), tuple(hosts.split()), imported)


CLIENTS = (
    # first come the names of a cluster and of the client
    _row("nats", r"connect", names="url", imported=r"nats-streaming"),
    _row(
        "redis",
        r"redis\.New\w*Client redis\.NewClusterClient redis\.Dial redis\.ParseURL",
        places=(0, 1),
        names="Addr Addrs",
    ),
    _row(
        "redis",
        r"createClient createCluster Redis IORedis Cluster",
        places=(1, 0),
        names="url",
        hosts="host",
        imported=r"redis",
    ),
    _row(
        "redis",
        r"Queue Bull Worker QueueEvents BullModule\.forRoot QueueScheduler",
        places=(1,),
        names="url redis",
        hosts="host",
        imported=r"bull",
    ),
    _row(
        "redis",
        r"""
        Jedis JedisPool JedisPooled LettuceConnectionFactory RedisURI\.create
        RedisStandaloneConfiguration RedisClient\.create
        """,
        places=(0,),
        hosts="host",
    ),
    _row("redis", r"AddStackExchangeRedisCache", names="Configuration"),
    _row(
        "redis",
        r"ConnectionMultiplexer\.Connect\w* AddRedis\w* ConfigurationOptions\.Parse",
        places=(0,),
    ),
    _row(
        "redis",
        r"Redis\.new Client\.open redis\.Client\.open",
        places=(0,),
        names="url",
        hosts="host",
        imported=r"redis",
    ),
    _row(
        "",
        r"""
        sql\.Open sqlx\.(?:Open|Connect|MustConnect) otelsql\.Open apmsql\.Open
        sqlx\.ConnectContext splunksql\.Open
        """,
        places=(1, 2),
    ),
    _row(
        "postgresql",
        r"""
        postgres\.Open pgx\.Connect\w* pgxpool\.(?:New|Connect)\w* pgx\.ParseConfig
        pgxpool\.ParseConfig PgPool\.connect\w* PgPoolOptions\.connect\w* Pool\.connect
        PgConnection\.establish tokio_postgres\.connect
        """,
        places=(0, 1),
    ),
    _row(
        "postgresql",
        r"Pool Client PgPool pgp",
        places=(0,),
        names="connectionString",
        hosts="host",
        imported=r"\bpg\b|pg-promise|postgres",
    ),
    _row(
        "postgresql",
        r"""
        UseNpgsql NpgsqlConnection NpgsqlDataSource\.Create NpgsqlDataSourceBuilder PG\.connect
        PG::Connection\.new AddNpgsqlDataSource AddNpgsqlDbContext pg_connect AddMarten
        """,
        places=(0,),
        names="connectionString",
        hosts="host",
    ),
    _row(
        "postgresql",
        r"Connection",
        places=(0,),
        imported=r"Marten",
    ),
    _row(
        "mysql",
        r"""
        mysql\.(?:createConnection|createPool|Open) mysql2\.\w+ UseMySql MySqlConnection mysqli
        mysqli_connect Mysql2::Client\.new MySqlPool\.connect\w*
        """,
        places=(0,),
        names="uri url",
        hosts="host",
    ),
    _row(
        "mssql",
        r"UseSqlServer SqlConnection AddSqlServerDbContext",
        places=(0,),
    ),
    _row(
        "",
        r"""
        TypeOrmModule\.forRoot\w* SequelizeModule\.forRoot\w* PDO Sequelize
        DriverManager\.getConnection Sequel\.connect DataSource createConnection
        knex setJdbcUrl
        """,
        places=(0,),
        names="url connectionString dsn",
        hosts="host",
    ),
    _row("", r"url setUrl jdbcUrl", places=(0,)),
    _row(
        "mongodb",
        r"""
        mongoose\.connect mongoose\.createConnection MongoClient(?:\.connect)? ApplyURI
        MongoClients\.create mgo\.Dial\w* Mongo::Client\.new Client\.with_uri_str
        ClientOptions\.parse MongoClientURI ConnectionString
        """,
        places=(0,),
        hosts="host",
        imported=r"[Mm]ongo|mgo",
    ),
    _row("mongodb", r"MongooseModule\.forRoot\w*", places=(0,), names="uri"),
    _row("mongodb", r"connect createConnection", places=(0,), imported=r"mongoose"),
    _row(
        "amqp",
        r"""
        amqp\w*\.(?:Dial\w*|connect|Connect) amqplib\.connect amqpcm\.connect
        Connection\.connect Bunny\.new AMQPStreamConnection setUri AMQPConnection
        CreateUsingRabbitMq
        """,
        places=(0,),
        names="hostname Uri url",
        hosts="host HostName hostname",
        imported=r"amqp|[Rr]abbit|bunny|lapin|Amqp|AMQP",
    ),
    _row("amqp", r"AddRabbitMQClient AddRabbitMqEventBus RabbitHutch\.CreateBus", places=(0,)),
    _row("mongodb", r"AddMongoDBClient", places=(0,)),
    _row(
        "amqp",
        r"ConnectionFactory",
        names="Uri",
        hosts="HostName",
        imported=r"[Rr]abbit",
    ),
    _row(
        "amqp",
        r"setHost Host",
        places=(0,),
        imported=r"[Rr]abbit|MassTransit",
    ),
    _row(
        "kafka",
        r"sarama\.New\w+ kafka\.(?:TCP|Dial\w*) kgo\.SeedBrokers",
        places=(0,),
        imported=r"sarama|kafka|kgo",
    ),
    _row(
        "kafka",
        r"""
        Kafka kafka\.(?:NewWriter|NewReader|Writer|WriterConfig|ReaderConfig) KafkaClient
        ProducerConfig ConsumerConfig Writer ReaderConfig WriterConfig AdminClientConfig
        """,
        names="brokers Brokers Addr bootstrapServers BootstrapServers kafkaHost",
        imported=r"[kK]afka",
    ),
    _row(
        "nats",
        r"nats\.Connect\w* connect NATS\.connect Nats\.connect stan\.NatsURL",
        places=(0,),
        names="servers url",
        imported=r"\A(?![\s\S]*nats-streaming)[\s\S]*nats",
    ),
    _row(
        "elasticsearch",
        r"""
        elasticsearch\.NewClient elastic\.NewClient Client SetURL ElasticClient
        Elasticsearch::Client\.new RestClient\.builder ElasticsearchClientSettings
        ConnectionSettings
        """,
        names="node nodes Addresses url hosts",
        hosts="host",
        imported=r"elastic|opensearch",
    ),
    _row(
        "memcached",
        r"memcache\.New Memcached Dalli::Client\.new MemcachedClient",
        places=(0,),
        imported=r"memcache|dalli",
    ),
    _row(
        "cassandra",
        r"gocql\.NewCluster CqlSession\.builder addContactPoint cassandra\.Client",
        places=(0,),
        names="contactPoints",
    ),
    _row(
        "neo4j",
        r"neo4j\.NewDriver\w* neo4j\.driver GraphDatabase\.driver",
        places=(0,),
    ),
)
"""Ways in which clients are made; what names no imports is told by what is called."""

NAMED = frozenset(
    {"AddNpgsqlDbContext", "AddNpgsqlDataSource", "AddSqlServerDbContext", "AddMySqlDbContext",
     "AddRedisClient", "AddRedisDistributedCache", "AddRedis", "AddRabbitMQClient",
     "AddRabbitMqEventBus", "AddMongoDBClient", "AddKafkaProducer", "AddKafkaConsumer"}
)  # fmt: skip
"""Calls that are given the name of a connection string, and no address."""

KEYS = {
    "bootstrap.servers": "kafka",
    "metadata.broker.list": "kafka",
    "BOOTSTRAP_SERVERS_CONFIG": "kafka",
}
"""Keys of maps of settings that hold the address of a broker."""

KINDS = {
    "redis": Kind.CACHE, "memcached": Kind.CACHE, "elasticsearch": Kind.SEARCH,
    "amqp": Kind.MESSAGING_PUBLISH, "kafka": Kind.MESSAGING_PUBLISH,
    "nats": Kind.MESSAGING_PUBLISH,
}  # fmt: skip
"""How a store is used, when it is no database."""

BROKERS = {
    "amqp": re.compile(r"amqp|rabbit|bunny|lapin|masstransit", re.IGNORECASE),
    "kafka": re.compile(r"kafka|sarama|kgo", re.IGNORECASE),
    "nats": re.compile(r"\bnats\b", re.IGNORECASE),
    "redis": re.compile(r"redis", re.IGNORECASE),
}
"""Imports that say which broker a file works with."""

_PUBLISHES = """
    Publish PublishWithContext PublishWithDeferredConfirmWithContext basicPublish publish
    sendToQueue convertAndSend send Produce ProduceAsync WriteMessages SendMessage SendMessages
    BasicPublish BasicPublishAsync basic_publish produce PublishAsync JetStreamPublish
    ProduceSync"""
PUBLISHES = frozenset(_PUBLISHES.split())
"""Methods that send a message."""

_CONSUMES = """
    Consume ConsumeWithContext basicConsume consume subscribe Subscribe SubscribeTopics
    BasicConsume BasicConsumeAsync basic_consume QueueSubscribe ChanSubscribe ConsumePartition
    ConsumeTopics ReceiveEndpoint addTopics"""
ASKS = frozenset({"request", "requestOne", "requestMany", "Request", "RequestWithContext",
                  "PublishRequest"})  # fmt: skip
"""Methods of NATS that send a message and wait for the answer."""

CONSUMES = frozenset(_CONSUMES.split())
"""Methods that take messages."""
