"""
The Python side of `npm run interop`: the producer and the consumer of an Open edX installation, with nothing around them.

  bus.py produce URL TOPIC   sends each line of standard input, `{name, timestamp, data, context}`, as a tracking event
  bus.py consume URL TOPIC N prints each of N received events as such a line, with `id`; `ready` first, on standard error
"""

import json
import sys
from datetime import datetime
from uuid import uuid1

import django
from django.conf import settings

command, url, topic = sys.argv[1:4]
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "openedx_events", "edx_event_bus_redis", "waffle"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    EVENT_BUS_REDIS_CONNECTION_URL=url,
    EVENT_BUS_TOPIC_PREFIX="interop",
    EVENT_BUS_REDIS_CONSUMER_POLL_TIMEOUT=1,
    EVENT_BUS_REDIS_STREAM_MAX_LEN=100000,
    WAFFLE_SWITCH_DEFAULT=True,
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)

from edx_event_bus_redis.internal.consumer import RedisEventConsumer  # noqa: E402
from edx_event_bus_redis.internal.producer import create_producer  # noqa: E402
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


def consume(wanted):
    received = 0
    consumer = RedisEventConsumer(topic, "python", "interop")

    def receive(signal, **kwargs):
        nonlocal received
        log, metadata = kwargs["tracking_log"], kwargs["metadata"]
        line = {"id": str(metadata.id), "name": log.name, "timestamp": log.timestamp.isoformat()}
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
    consume(int(sys.argv[4]))
