"""What schemathesis must be told of the API: how to send the bytes of an upload."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def offset_octet_stream(ctx, value):
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", errors="replace")
