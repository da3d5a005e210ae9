"""
The Python side of `npm run interop`: the producer and the consumer of an Open edX installation, with nothing around them.

  bus.py produce BUS WHERE TOPIC   sends each line of standard input, `{name, timestamp, data, context}`, as a tracking event
  bus.py consume BUS WHERE TOPIC N prints each of N received events as such a line, with `id` and the `time` of its metadata;
                                   `ready` first, on standard error

BUS is `redis` (WHERE is a URL) or `kafka` (WHERE is a list of brokers; SCHEMA_REGISTRY_URL names the registry).
"""

import json
import os
import sys
from datetime import datetime
from uuid import uuid1

import django
from django.conf import settings

command, bus, where, topic = sys.argv[1:5]
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "openedx_events", f"edx_event_bus_{bus}", "waffle"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    EVENT_BUS_REDIS_CONNECTION_URL=where,
    EVENT_BUS_TOPIC_PREFIX="interop",
    EVENT_BUS_REDIS_CONSUMER_POLL_TIMEOUT=1,
    EVENT_BUS_REDIS_STREAM_MAX_LEN=100000,
    EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS=where,
    EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=os.environ.get("SCHEMA_REGISTRY_URL"),
    WAFFLE_SWITCH_DEFAULT=True,
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)

if bus == "redis":
    from edx_event_bus_redis.internal.consumer import RedisEventConsumer  # noqa: E402
    from edx_event_bus_redis.internal.producer import create_producer  # noqa: E402
else:
    from confluent_kafka import TopicPartition  # noqa: E402
    from edx_event_bus_kafka.internal.consumer import KafkaEventConsumer  # noqa: E402
    from edx_event_bus_kafka.internal.producer import create_producer  # noqa: E402
from openedx_events.analytics.data import TrackingLogData  # noqa: E402
from openedx_events.analytics.signals import TRACKING_EVENT_EMITTED  # noqa: E402
from openedx_events.data import EventsMetadata  # noqa: E402


def produce():
    producer = create_producer()
    for line in sys.stdin:
        log = json.loads(line)
        log["timestamp"] = datetime.fromisoformat(log["timestamp"])
        producer.send(
            signal=TRACKING_EVENT_EMITTED,
            topic=topic,
            event_key_field="tracking_log.name",
            event_data={"tracking_log": TrackingLogData(**log)},
            event_metadata=EventsMetadata(
                event_type=TRACKING_EVENT_EMITTED.event_type,
                id=uuid1(),
                minorversion=0,
                source="openedx/lms/web",
                sourcehost="lms.example.org",
            ),
        )
    if bus == "kafka":
        producer.prepare_for_shutdown()


def kafka_consumer():
    """A new group begins at the end of the topic; this one is put at its beginning."""
    consumer = KafkaEventConsumer(topic, "python-" + topic)
    consumer.consumer.commit(offsets=[TopicPartition("interop-" + topic, 0, 0)], asynchronous=False)
    return consumer


def consume(wanted):
    received = 0
    consumer = RedisEventConsumer(topic, "python", "interop") if bus == "redis" else kafka_consumer()

    def receive(signal, **kwargs):
        nonlocal received
        log, metadata = kwargs["tracking_log"], kwargs["metadata"]
        line = {"id": str(metadata.id), "time": metadata.time.isoformat(), "name": log.name, "timestamp": log.timestamp.isoformat()}
        print(json.dumps({**line, "data": json.loads(log.data), "context": json.loads(log.context)}), flush=True)
        received += 1
        if received >= wanted:
            consumer._shut_down()  # its loop has no other end

    TRACKING_EVENT_EMITTED.connect(receive)
    print("ready", file=sys.stderr, flush=True)
    consumer.consume_indefinitely()


if command == "produce":
    produce()
else:
    consume(int(sys.argv[5]))
