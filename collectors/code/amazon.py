"""boto3: what clients and resources of AWS do, and with which queue, table or bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code.brokers import Doing, first
from collectors.code.summary import argument
from collectors.code.things import Thing, Things, literal
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr
    from collectors.code.things import Scope

_MAKERS = frozenset({"boto3.client", "boto3.resource"})
_METHODS = {
    "send_message": ("sqs", Kind.MESSAGING_PUBLISH, "QueueUrl"),
    "send_message_batch": ("sqs", Kind.MESSAGING_PUBLISH, "QueueUrl"),
    "receive_message": ("sqs", Kind.MESSAGING_CONSUME, "QueueUrl"),
    "publish": ("sns", Kind.MESSAGING_PUBLISH, "TopicArn"),
    "put_item": ("dynamodb", Kind.DATABASE, "TableName"),
    "update_item": ("dynamodb", Kind.DATABASE, "TableName"),
    "delete_item": ("dynamodb", Kind.DATABASE, "TableName"),
    "get_item": ("dynamodb", Kind.DATABASE, "TableName"),
    "query": ("dynamodb", Kind.DATABASE, "TableName"),
    "scan": ("dynamodb", Kind.DATABASE, "TableName"),
}
"""The service of a method, what it does, and the argument that names what with."""

_READS = frozenset({"get_item", "query", "scan", "receive_message"})
_S3_WRITES = ("put_", "upload_", "delete_", "copy", "create_")
_S3_READS = ("get_", "download_", "list_", "head_", "generate_presigned")


def aws(ev: Evaluator, thing: Thing, call: Expr, scope: Scope) -> list[Doing]:
    """boto3: SQS, SNS, DynamoDB and S3, by client or by resource."""
    made = next((one for one in thing.roots() if one.kind == "obj" and one.text in _MAKERS), None)
    served = first(ev, made.expr, made.scope) if made is not None and made.scope else ()
    service = next(filter(None, map(literal, served)), "")
    last = thing.text.rpartition(".")[2]
    if service == "s3" and last.startswith((*_S3_READS, *_S3_WRITES)):
        bucket = argument(call, 1 if last.startswith(("upload", "download")) else -1, "Bucket")
        names = ev.evaluate(bucket, scope) if bucket is not None else ()
        return [Doing(Kind.DATABASE, names, writes=last.startswith(_S3_WRITES), command="s3")]
    rule = _METHODS.get(last)
    if rule is None or rule[0] != service:
        return []
    given = argument(call, -1, rule[2])
    names = ev.evaluate(given, scope) if given is not None else _table(ev, thing)
    plain = tuple(one if one.kind == "str" else _looked_up(ev, one) for one in names)
    writes = None if rule[1].is_asynchronous else last not in _READS
    return [Doing(rule[1], plain, writes=writes, command=service)]


def _table(ev: Evaluator, thing: Thing) -> Things:
    """``resource.Table("x").put_item(…)``, ``resource.Queue(url).send_message(…)``."""
    for root in thing.roots():
        named = root.text.rpartition(".")[2] in {"Table", "Queue", "Topic", "get_queue_by_name"}
        if root.kind == "obj" and named and root.scope is not None:
            return first(ev, root.expr, root.scope, "QueueName", "name")
    return ()


def _looked_up(ev: Evaluator, thing: Thing) -> Thing:
    """The name behind ``client.get_queue_url(QueueName="x")["QueueUrl"]``."""
    for root in thing.roots():
        if root.kind == "obj" and root.scope is not None and root.expr.keys:
            given = argument(root.expr, -1, "QueueName", "Name")
            found = ev.evaluate(given, root.scope) if given is not None else ()
            if found and found[0].kind == "str":
                return found[0]
    return thing
