"""Serves the files of a folder on a port of 127.0.0.1, as a web server and as a bucket that wants signed requests.

    source_server.py FOLDER        prints the port, then one line for each request: METHOD TARGET RANGE TRACEPARENT STATUS

GET /FILE           with entity tag and ranges
GET /broken/FILE    the same, and the connection breaks after half of what is left, the first three times
GET /to?URL         a redirect
GET /huge           promises a terabyte
GET /bucket...      the folder as a bucket called "bucket": objects, and ListObjectsV2, two keys a page

Signatures are checked with code that shares nothing with the program under test.
"""

import hashlib
import hmac
import os
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

ROOT = os.path.realpath(sys.argv[1])
IDENTIFIER, SECRET, REGION = "AKIDEXAMPLE", "a/very+secret=canary", "eu-test-1"
breaks: dict[str, int] = {}


def signature(request: BaseHTTPRequestHandler) -> str | None:
    """The signature that the request should have; None where it has none that names a scope."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("AWS4-HMAC-SHA256 "):
        return None
    fields = dict(part.strip().split("=", 1) for part in header.split(" ", 1)[1].split(","))
    identifier, day, region, service, end = fields["Credential"].split("/")
    if (identifier, region, service, end) != (IDENTIFIER, REGION, "s3", "aws4_request"):
        return None
    path, _, query = request.path.partition("?")
    pairs = sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair)
    names = fields["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names):
        return None
    canonical = "\n".join(
        [request.command, path, "&".join(pairs)]
        + [f"{name}:{(request.headers.get(name) or '').strip()}" for name in names]
        + ["", ";".join(names), request.headers["x-amz-content-sha256"]]
    )
    stamp = request.headers["x-amz-date"]
    text = "\n".join(
        ["AWS4-HMAC-SHA256", stamp, f"{day}/{region}/s3/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = ("AWS4" + SECRET).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    wanted = hmac.new(key, text.encode(), "sha256").hexdigest()
    return wanted if stamp.startswith(day) and fields["Signature"] == wanted else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        print(
            self.command, self.path, self.headers.get("Range", "-"), self.headers.get("traceparent", "-"), status, flush=True
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/to":
            return self.answer(302, Location=urllib.parse.unquote(query))
        if path == "/huge":
            self.close_connection = True
            return self.answer(200, b"x", Content_Length=str(1 << 40))
        if path.startswith("/bucket"):
            if signature(self) is None:
                return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>")
            if path == "/bucket":
                return self.list(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
            return self.file(path.removeprefix("/bucket/"), False)
        self.file(path.removeprefix("/broken/").lstrip("/"), path.startswith("/broken/"))

    def file(self, name: str, may_break: bool) -> None:
        place = os.path.realpath(os.path.join(ROOT, urllib.parse.unquote(name)))
        if not place.startswith(ROOT + "/") or not os.path.isfile(place):
            return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
        with open(place, "rb") as opened:
            data = opened.read()
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        if self.headers.get("If-Match", tag) != tag:
            return self.answer(412)
        start = 0
        if (ask := self.headers.get("Range")) and self.headers.get("If-Range", tag) == tag:
            start = int(ask.removeprefix("bytes=").removesuffix("-"))
        headers = {"ETag": tag, "Content_Length": str(len(data) - start)}
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        rest = data[start:]
        if may_break and breaks.get(name, 0) < 3:
            breaks[name] = breaks.get(name, 0) + 1
            rest = rest[: len(rest) // 2]
            self.close_connection = True
        self.answer(206 if start else 200, rest, **headers)

    def list(self, query: dict[str, str]) -> None:
        keys = sorted(
            os.path.relpath(os.path.join(folder, name), ROOT) for folder, _, names in os.walk(ROOT) for name in names
        )
        keys = [key for key in keys if key.startswith(query.get("prefix", ""))]
        start = int(query.get("continuation-token", "0"))
        shown = keys[start : start + min(2, int(query["max-keys"]))]
        text = '<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType>'
        for key in shown:
            with open(os.path.join(ROOT, key), "rb") as opened:
                data = opened.read()
            tag = escape(f'"{hashlib.md5(data).hexdigest()}"', {'"': "&quot;"})
            text += f"<Contents><Key>{urllib.parse.quote(key)}</Key><ETag>{tag}</ETag><Size>{len(data)}</Size></Contents>"
        more = start + len(shown) < len(keys)
        text += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        if more:
            text += f"<NextContinuationToken>{start + len(shown)}</NextContinuationToken>"
        self.answer(200, (text + "</ListBucketResult>").encode())


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
