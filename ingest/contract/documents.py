"""The contract as documents: JSON Schema for every payload, AsyncAPI for the topics.

Generated from the very types that decode, so they cannot drift. Pure: returns plain values;
writing them down is somebody else's.
"""

from typing import Any

import msgspec

from ingest.contract.payloads import MAX_PAYLOAD_BYTES, TYPES_OF_KIND
from ingest.contract.topics import KINDS_OF_SOURCE, Kind, Source

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Document = dict[str, Any]


def describe_payloads() -> dict[str, Document]:
    """Return a JSON Schema for every kind of message, by the kind's name."""
    return {kind: _describe_kind(kind) for kind in Kind}


def describe_asyncapi() -> Document:
    """Return the AsyncAPI 3 document of every topic and what is published on it."""
    channels = {f"{source}-{kind}": (source, kind) for source in Source for kind in _kinds_of(source)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bayboard",
            "version": "1",
            "description": "What devices of a workshop publish. QoS 1; at most "
            f"{MAX_PAYLOAD_BYTES} bytes a payload; status is retained.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _describe_channel(source, kind) for name, (source, kind) in channels.items()},
        "operations": {
            f"receive-{name}": {"action": "receive", "channel": {"$ref": f"#/channels/{name}"}}
            for name in channels
        },
        "components": {
            "messages": {kind: {"name": kind, "payload": {"$ref": f"./{kind}.schema.json"}} for kind in Kind}
        },
    }


def _kinds_of(source: Source) -> list[Kind]:
    return [kind for kind in Kind if kind in KINDS_OF_SOURCE[source]]


def _describe_kind(kind: Kind) -> Document:
    (*schemas,), components = msgspec.json.schema_components(
        TYPES_OF_KIND[kind], ref_template="#/$defs/{name}"
    )
    shape: Document = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    return {"$schema": _DIALECT, "title": kind, **shape, "$defs": components}


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
