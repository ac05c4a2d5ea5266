"""Calls a served digit classifier over TLS with what comes with Python, `urllib3`, `grpcio` and `tritonclient`, all
unmodified, on one port.

    python secure.py --url 127.0.0.1:8080 --endpoint digits --ca authority.pem [--certificate client.pem --key client.key]

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import json
import socket
import ssl
import sys
import urllib.request
from pathlib import Path

import grpc
import numpy as np
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
import urllib3
from tritonclient.grpc import service_pb2, service_pb2_grpc

from checks import Checks, require, require_equal

PIXELS = np.linspace(0, 16, 128, dtype=np.float32).reshape(2, 64)


class Secure:
    """The endpoint under test."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.url, self.endpoint, self.ca = arguments.url, arguments.endpoint, arguments.ca
        self.certificate, self.key = arguments.certificate, arguments.key
        self.host, port = self.url.rsplit(":", 1)
        self.port = int(port)

    def context(self, certificate: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca)
        if certificate and self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context

    def credentials(self) -> grpc.ChannelCredentials:
        files = [Path(each).read_bytes() if each else None for each in (self.ca, self.key, self.certificate)]
        return grpc.ssl_channel_credentials(*files)

    def standard_library(self) -> None:
        with urllib.request.urlopen(f"https://{self.url}/v2/models/{self.endpoint}", context=self.context()) as reply:
            require_equal(json.load(reply)["name"], self.endpoint, "name")

    def kept_connections(self) -> None:
        with urllib3.PoolManager(ssl_context=self.context(), maxsize=1) as pool:
            body = {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 64],
                                "data": PIXELS.flatten().tolist()}]}
            for _ in range(20):
                reply = pool.request("POST", f"https://{self.url}/v2/models/{self.endpoint}/infer", json=body)
                require_equal(reply.status, 200, "status")
            large = pool.request(
                "POST", f"https://{self.url}/v2/models/{self.endpoint}/infer",
                json={"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [20000, 64],
                                  "data": [0.5] * 1280000}]})
            require_equal(large.status, 200, "status of a large request")
            require_equal(large.json()["outputs"][0]["shape"][0], 20000, "rows")

    def triton_http(self) -> None:
        server = http_client.InferenceServerClient(
            self.url, ssl=True, ssl_context_factory=self.context, network_timeout=30.0)
        require(server.is_server_ready(), "not ready")
        tensor = http_client.InferInput("pixels", [2, 64], "FP32")
        tensor.set_data_from_numpy(PIXELS)
        require_equal(server.infer(self.endpoint, [tensor]).as_numpy("logits").shape, (2, 10), "shape")

    def triton_grpc(self) -> None:
        server = grpc_client.InferenceServerClient(
            self.url, ssl=True, root_certificates=self.ca, private_key=self.key, certificate_chain=self.certificate)
        require(server.is_server_ready(), "not ready")
        tensor = grpc_client.InferInput("pixels", [2, 64], "FP32")
        tensor.set_data_from_numpy(PIXELS)
        require_equal(server.infer(self.endpoint, [tensor]).as_numpy("logits").shape, (2, 10), "shape")

    def plain_grpc(self) -> None:
        with grpc.secure_channel(self.url, self.credentials()) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            require(stub.ServerReady(service_pb2.ServerReadyRequest()).ready, "not ready")

    def negotiated(self, offered: list[str], context: ssl.SSLContext | None = None) -> tuple[str | None, str]:
        context = context or self.context()
        if offered:
            context.set_alpn_protocols(offered)
        with socket.create_connection((self.host, self.port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=self.host) as secure:
                secure.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" if "h2" not in offered
                               or "http/1.1" in offered else b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
                answer = secure.recv(64)
                return secure.selected_alpn_protocol(), "h2" if answer[3:4] == b"\4" else answer[:8].decode()

    def protocols(self) -> None:
        require_equal(self.negotiated(["h2", "http/1.1"]), ("http/1.1", "HTTP/1.1"), "a client that speaks both")
        require_equal(self.negotiated(["h2"]), ("h2", "h2"), "a client of gRPC")
        require_equal(self.negotiated([]), (None, "HTTP/1.1"), "a client that says nothing")

    def versions(self) -> None:
        context = self.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        require_equal(self.negotiated([], context)[1], "HTTP/1.1", "TLS 1.2")
        old = self.context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        try:
            self.negotiated([], old)
        except (ssl.SSLError, ConnectionError):
            return
        require(False, "TLS 1.1 is spoken")

    def strangers(self) -> None:
        context = self.context(certificate=False)
        try:
            status = self.negotiated([], context)
        except (ssl.SSLError, ConnectionError):
            require(self.certificate is not None, "a client without a certificate is refused")
            return
        require(self.certificate is None, f"a client without a certificate is answered: {status}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--ca", required=True, help="PEM of the authority that issued the server's certificate")
    parser.add_argument("--certificate", help="PEM of a client's certificate")
    parser.add_argument("--key", help="PEM of its key")
    secure = Secure(parser.parse_args())
    checks = Checks()
    checks.run("urllib", secure.standard_library)
    checks.run("urllib3 over one kept connection", secure.kept_connections)
    checks.run("tritonclient.http", secure.triton_http)
    checks.run("tritonclient.grpc", secure.triton_grpc)
    checks.run("grpcio", secure.plain_grpc)
    checks.run("each client gets its protocol", secure.protocols)
    checks.run("TLS 1.2 and newer", secure.versions)
    checks.run("clients without a certificate", secure.strangers)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
