"""A small HTTP server for one test, that answers as a function says."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def answering(answer, address="127.0.0.1"):
    """Its port, while it gives to each request the status and the content that `answer(path, headers, body)` gives."""

    class Handler(BaseHTTPRequestHandler):
        def give(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = answer(self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = give  # noqa: N815 - their interface

        def log_message(self, *told):
            """Say nothing."""

    with ThreadingHTTPServer((address, 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served.server_address[1]
        served.shutdown()
        thread.join()
