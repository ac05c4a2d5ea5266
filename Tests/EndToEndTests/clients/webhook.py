"""Takes what is posted, and writes each body as a line of a file, its traceparent as one of FILE.trace: webhook.py PORT FILE."""
import http.server
import sys


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[2], "ab") as file:
            file.write(body.replace(b"\n", b" ") + b"\n")
        with open(sys.argv[2] + ".trace", "a") as file:
            file.write(self.headers.get("traceparent", "-") + "\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
