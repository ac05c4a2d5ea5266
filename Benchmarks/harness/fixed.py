"""Sends one prepared HTTP request again and again over plain sockets: for bodies too large for a tidy client.

Every reply must be, byte for byte, the body that the first one had; whether that one is right is the caller's to say.
"""

import socket
import threading
import time


def message(path, body, headers):
    """The bytes of a request."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One connection that is kept alive."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 22)

    def ask(self, request):
        """The status, the header in lower case and a view of the body, which is good until the next call."""
        self._socket.sendall(request)
        filled = end = 0
        while not end:
            filled += self._receive(filled)
            end = self._buffer.find(b"\r\n\r\n", 0, filled) + 4
            end = end if end >= 4 else 0
        head = self._buffer[:end].decode("latin-1").lower()
        length = int(head.split("\r\ncontent-length:", 1)[1].split("\r\n", 1)[0])
        if end + length > len(self._buffer):
            self._buffer.extend(bytes(end + length - len(self._buffer)))
        while filled < end + length:
            filled += self._receive(filled)
        return int(head.split(" ", 2)[1]), head, memoryview(self._buffer)[end:end + length]

    def _receive(self, filled):
        with memoryview(self._buffer) as view, view[filled:] as rest:
            count = self._socket.recv_into(rest)
        if count == 0:
            raise ConnectionError("the server closed the connection")
        return count

    def close(self):
        self._socket.close()


def load(port, request, expected, *, connections, seconds):
    """Closed loop; the figures of harness.load, as far as they exist here."""
    threads, figures = [], []
    deadline = time.perf_counter() + seconds

    def work():
        connection, times, messages = Connection(port), [], []
        try:
            while time.perf_counter() < deadline and not messages:
                began = time.perf_counter()
                status, _, body = connection.ask(request)
                times.append(time.perf_counter() - began)
                if status != 200 or body != expected:
                    messages.append(f"status {status}, {len(body)} bytes that are not those of the first reply")
                body.release()
        except OSError as error:
            messages.append(str(error))
        finally:
            connection.close()
        figures.append((times, messages))

    began = time.perf_counter()
    for _ in range(connections):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    times = sorted(value for values, _ in figures for value in values)
    messages = [text for _, texts in figures for text in texts]
    return {
        "sent": len(times), "ok": len(times) - len(messages), "failed": len(messages), "wrong": 0,
        "messages": messages, "seconds": elapsed, "rate": len(times) / elapsed,
        "p50_s": times[len(times) // 2] if times else float("nan"),
        "p99_s": times[min(len(times) - 1, len(times) * 99 // 100)] if times else float("nan")}
