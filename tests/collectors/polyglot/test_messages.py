"""What is published and consumed, by calls, classes, annotations and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.polyglot.reading import PROJECTS, only, read

if TYPE_CHECKING:
    from pathlib import Path

RABBIT = "import org.springframework.amqp.rabbit.core.RabbitTemplate;\nclass A {{ {0} }}"
TICKETS = """
    import nats from "node-nats-streaming";
    class P extends Publisher<E> { readonly subject = "ticket:created"; }
    class L extends Listener<E> { readonly subject = "order:created"; }
"""
USES = {
    "masstransit": ("A.cs", """
        using MassTransit;
        class A(IPublishEndpoint publishEndpoint) { Task F() {
            var e = dto.Adapt<Placed>();
            publishEndpoint.Publish(e, token); publishEndpoint.Publish(new Sold { Id = 1 });
        } }
        class B : IConsumer<Placed> { }
    """, ["publish Placed", "publish Sold", "consume Placed"]),
    "an event bus": ("A.cs", """
        class A { void F() {
            _eventBus.PublishAsync(new Placed(1)); eventBus.Subscribe<Paid, PaidHandler>();
        } }
        class B : IIntegrationEventHandler<Paid> { }
    """, ["publish Placed", "consume Paid", "consume Paid"]),
    "a mediator is no bus": ("A.cs", """
        using MediatR;
        class A { void F() { _mediator.Send(new Place()); _mediator.Publish(new Placed()); } }
    """, []),
    "micronaut": ("A.java", """
        @KafkaClient interface A { @Topic("placed") void f(E e); }
        @KafkaListener class B { @Topic("paid") void f(E e) {} }
    """, ["publish placed", "consume paid"]),
    "microprofile": ("A.java", """
        class A { @Channel("placed") Emitter<E> e; @Incoming("paid") void f(E e) {} }
    """, ["publish placed", "consume paid"]),
    "spring rabbit": ("A.java", RABBIT.format("""
        void f() { rabbitTemplate.convertAndSend("x", "k", o); }
        @RabbitListener(queues = "q") void g() {}
        @RabbitListener(bindings = @QueueBinding(value = @Queue("r"),
            exchange = @Exchange("y"), key = "z")) void h() {}
        @Bean Binding b() {
            return BindingBuilder.bind(new Queue("q")).to(exchange()).with("k.#");
        }
        @Bean TopicExchange exchange() { return new TopicExchange("x"); }
    """), ["publish x/k", "consume x/k.#", "consume y/z"]),
    "a queue without a name": ("a.go", """
        import amqp "github.com/rabbitmq/amqp091-go"
        func f() {
            q, _ := ch.QueueDeclare("", false, false, true, false, nil)
            ch.QueueBind(q.Name, "k.*", "x", false, nil)
            ch.Consume(q.Name, "", true, false, false, false, nil)
        }
    """, ["consume x/k.*"]),
    "a key that is decided later": ("a.go", """
        import amqp "github.com/rabbitmq/amqp091-go"
        func (e *E) Push(severity string) {
            ch.PublishWithContext(ctx, "x", severity, false, false, m)
        }
    """, ["publish x/{}"]),
    "a message that another project takes": ("A.cs", """
        class B : IConsumer<Placed> { }
        class A { void F() { _dispatcher.SendAsync(new Placed()); _x.SendAsync(new Other()); } }
    """, ["publish Placed", "consume Placed"]),
    "arguments by name": ("A.cs", """
        using RabbitMQ.Client;
        class A { void F() { channel.BasicPublish(exchange: "x", routingKey: "k", body: b); } }
    """, ["publish x/k"]),
    "a record of kafka": ("A.java", """
        import org.apache.kafka.clients.producer.KafkaProducer;
        class A { void f() {
            producer.send(new ProducerRecord<>("placed", v));
            consumer.subscribe(Collections.singletonList("paid"));
        } }
    """, ["publish placed", "consume paid"]),
    "a writer of kafka": ("a.go", """
        import "github.com/segmentio/kafka-go"
        func f() {
            w := &kafka.Writer{Addr: kafka.TCP("k:9092"), Topic: "placed"}
            r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{"k:9092"}, Topic: "paid"})
        }
    """, ["publish placed", "consume paid"]),
    "classes that are publishers": (
        "a.ts", TICKETS, ["publish ticket:created", "consume order:created"]),
    "redis beside another broker": ("a.js", """
        const amqp = require("amqplib"); const Redis = require("ioredis");
        const r = new Redis(6379, "r"); r.publish("changes", x);
    """, ["publish changes"]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "wanted"), USES.values(), ids=USES)
def test_messages(tmp_path: Path, name: str, text: str, wanted: list[str]) -> None:
    project = PROJECTS[name[name.rfind(".") :]]
    found = dict.fromkeys(
        f"{one.kind.value.removeprefix('messaging-')} {'|'.join(map(str, one.operations))}"
        for one in only(Use, read(tmp_path, {name: text, project: ""}))
        if one.kind.is_asynchronous and one.operations
    )
    assert list(found) == list(dict.fromkeys(wanted))


def test_channels_of_spring_cloud_stream(tmp_path: Path) -> None:
    files = {
        "A.java": "class A {}", "pom.xml": "",
        "application.yml": """
            spring:
              rabbitmq: {host: mq}
              cloud:
                stream:
                  bindings: {place-out-0: {destination: placed}, take-in-0: {destination: paid}}
        """,
    }  # fmt: skip
    found = [one for one in only(Use, read(tmp_path, files)) if one.operations]
    assert [(one.kind.value, one.system, one.operations[0].parts[0].default) for one in found] == [
        ("messaging-publish", "amqp", "placed"),
        ("messaging-consume", "amqp", "paid"),
    ]
