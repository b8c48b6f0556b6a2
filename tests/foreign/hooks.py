"""Teaches schemathesis the media type of a piece of an upload."""

import json

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def piece(_context, value):
    """Sends bytes as they are, and whatever else is made up as its text."""
    if hasattr(value, "data"):
        return value.data
    return value if isinstance(value, bytes) else json.dumps(value).encode()
