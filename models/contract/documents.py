"""The contract as documents: JSON Schema for every payload, AsyncAPI for the topics.

Generated from the very types that decode, so they cannot drift. Pure: returns plain values;
writing them down is somebody else's.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from models.contract.payloads import MAX_PAYLOAD_BYTES, TYPES_OF_KIND
from models.contract.topics import KINDS_OF_SOURCE, Kind, Source
from models.domain.service.published import PublishedReminders, name_reminder_topic

# What Bayboard says itself: no device publishes it, and ingest leaves it alone.
_REMINDERS = "reminders"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Document = dict[str, Any]


def describe_payloads() -> dict[str, Document]:
    """Return a JSON Schema for every kind of message, by the kind's name."""
    of_devices = {str(kind): _describe_types(kind, TYPES_OF_KIND[kind]) for kind in Kind}
    return {**of_devices, _REMINDERS: _describe_types(_REMINDERS, (PublishedReminders,))}


def describe_asyncapi() -> Document:
    """Return the AsyncAPI 3 document of every topic and what is published on it."""
    channels = {f"{source}-{kind}": (source, kind) for source in Source for kind in _kinds_of(source)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bayboard",
            "version": "1",
            "description": "What devices of a workshop publish, and what Bayboard publishes of due service."
            f" QoS 1; at most {MAX_PAYLOAD_BYTES} bytes a payload; status and reminders are retained.",
        },
        "defaultContentType": "application/json",
        "channels": {
            **{name: _describe_channel(source, kind) for name, (source, kind) in channels.items()},
            _REMINDERS: _describe_reminders(),
        },
        "operations": {
            f"receive-{name}": {"action": "receive", "channel": {"$ref": f"#/channels/{name}"}}
            for name in channels
        }
        | {f"send-{_REMINDERS}": {"action": "send", "channel": {"$ref": f"#/channels/{_REMINDERS}"}}},
        "components": {
            "messages": {
                name: {"name": name, "payload": {"$ref": f"./{name}.schema.json"}}
                for name in (*Kind, _REMINDERS)
            }
        },
    }


def _kinds_of(source: Source) -> list[Kind]:
    return [kind for kind in Kind if kind in KINDS_OF_SOURCE[source]]


def _describe_types(title: str, types: Sequence[type]) -> Document:
    (*schemas,), components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    shape: Document = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    return {"$schema": _DIALECT, "title": title, **shape, "$defs": components}


def _describe_reminders() -> Document:
    """Describe where a vehicle's open reminders stand, until they are done and the topic is cleared."""
    return {
        "address": name_reminder_topic("{site}", "{vin}"),
        "description": "retained; an empty payload clears it once no reminder is open",
        "parameters": {
            "site": {"description": "the workshop"},
            "vin": {"description": "the vehicle"},
        },
        "messages": {_REMINDERS: {"$ref": f"#/components/messages/{_REMINDERS}"}},
    }


def _describe_channel(source: Source, kind: Kind) -> Document:
    name = "[A-Za-z0-9._-]{1,64}"
    return {
        "address": f"workshop/v1/{{site}}/{source}/{{device}}/{kind}",
        "parameters": {
            "site": {"description": f"the workshop, {name}"},
            "device": {"description": f"the device's own name at the site, {name}"},
        },
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
    }
