"""Passes tensors in shared memory with unmodified `tritonclient`, over HTTP and gRPC.

    slipway serve --shared-memory-prefix slipway_test_
    python shared_memory.py --url 127.0.0.1:8080 --endpoint digits --prefix slipway_test_

Prints one JSON line a check; exits 1 when any failed.
"""

import argparse
import os
import sys
import uuid

import numpy as np
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
import tritonclient.utils.shared_memory as shared_memory

from checks import Checks, require, require_equal, require_refusal

PIXELS = np.linspace(0, 16, 256 * 64, dtype=np.float32).reshape(256, 64)


class SharedMemory:
    """One protocol's client."""

    def __init__(self, module, arguments: argparse.Namespace, invalid: str) -> None:
        self.module, self.endpoint, self.invalid = module, arguments.endpoint, invalid
        self.prefix = arguments.prefix
        self.server = module.InferenceServerClient(arguments.url)

    def segment(self, name: str, size: int, prefix: str | None = None):
        key = "/" + (self.prefix if prefix is None else prefix) + uuid.uuid4().hex
        return key, shared_memory.create_shared_memory_region(name, key, size)

    def expected(self):
        tensor = self.module.InferInput("pixels", list(PIXELS.shape), "FP32")
        tensor.set_data_from_numpy(PIXELS)
        return self.server.infer(self.endpoint, [tensor]).as_numpy("logits")

    def both_ways(self) -> None:
        self.server.unregister_system_shared_memory()
        self.server.unregister_cuda_shared_memory()
        size = PIXELS.nbytes
        key, handle = self.segment("all", size + 10240)
        try:
            shared_memory.set_shared_memory_region(handle, [PIXELS])
            self.server.register_system_shared_memory("in", key, size)
            self.server.register_system_shared_memory("out", key, 10240, offset=size)
            status = self.server.get_system_shared_memory_status()
            names = [each["name"] for each in status] if isinstance(status, list) else list(status.regions)
            require_equal(sorted(names), ["in", "out"], "regions")
            tensor = self.module.InferInput("pixels", list(PIXELS.shape), "FP32")
            tensor.set_shared_memory("in", size)
            output = self.module.InferRequestedOutput("logits")
            output.set_shared_memory("out", 10240)
            result = self.server.infer(self.endpoint, [tensor], outputs=[output])
            found = result.get_output("logits")
            shape = found["shape"] if isinstance(found, dict) else list(found.shape)
            require_equal(list(shape), [256, 10], "shape")
            logits = shared_memory.get_contents_as_numpy(handle, np.float32, [256, 10], offset=size)
            require(np.array_equal(logits, self.expected()), "the scores in shared memory are others")
            plain = self.server.infer(self.endpoint, [tensor])
            require(np.array_equal(plain.as_numpy("logits"), self.expected()), "the scores in the answer are others")
            self.server.unregister_system_shared_memory("in")
            require_refusal(lambda: self.server.infer(self.endpoint, [tensor]), self.not_found, "region")
        finally:
            self.server.unregister_system_shared_memory()
            shared_memory.destroy_shared_memory_region(handle)

    @property
    def not_found(self) -> str:
        return "404" if self.module is http_client else "StatusCode.NOT_FOUND"

    def truncated(self) -> None:
        size = PIXELS.nbytes
        key, handle = self.segment("shrinking", size)
        try:
            self.server.register_system_shared_memory("shrinking", key, size)
            os.truncate("/dev/shm" + key, 16)
            tensor = self.module.InferInput("pixels", list(PIXELS.shape), "FP32")
            tensor.set_shared_memory("shrinking", size)
            require_refusal(lambda: self.server.infer(self.endpoint, [tensor]), self.invalid, "smaller")
            require(self.server.is_server_live(), "the server is gone")
        finally:
            self.server.unregister_system_shared_memory()
            shared_memory.destroy_shared_memory_region(handle)

    def refusals(self) -> None:
        key, handle = self.segment("foreign", 64, prefix="somebody_elses_")
        try:
            require_refusal(
                lambda: self.server.register_system_shared_memory("foreign", key, 64), self.invalid, "key")
            for name in (key, key[1:]):
                try:
                    self.server.register_system_shared_memory("foreign", name, 64)
                except Exception as error:
                    require(key[1:] not in str(error), f"the error names the segment: {error}")
        finally:
            shared_memory.destroy_shared_memory_region(handle)
        key, handle = self.segment("small", 64)
        try:
            require_refusal(
                lambda: self.server.register_system_shared_memory("small", key, 1 << 30), self.invalid, "segment")
        finally:
            shared_memory.destroy_shared_memory_region(handle)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--prefix", required=True)
    arguments = parser.parse_args()
    checks = Checks()
    for name, module, invalid in [
            ("HTTP", http_client, "400"), ("gRPC", grpc_client, "StatusCode.INVALID_ARGUMENT")]:
        client = SharedMemory(module, arguments, invalid)
        checks.run(f"tensors both ways over {name}", client.both_ways)
        checks.run(f"a segment that shrinks, over {name}", client.truncated)
        checks.run(f"refusals over {name}", client.refusals)
    return checks.exit_code


if __name__ == "__main__":
    sys.exit(main())
