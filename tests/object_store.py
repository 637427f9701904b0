"""An object store on loopback, for tests: S3 as moto plays it, in a process of its own.

In this process it could not answer while Delta, which waits for it, holds the interpreter.
"""

import subprocess
import sys
from contextlib import contextmanager

import boto3
from deployed import answers, free_port, until

KEY = "known"


@contextmanager
def running():
    """A store; yields what the environment of whoever uses it says."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/moto-api/data.json"), "the object store")
        yield {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip
    finally:
        server.kill()
        server.wait()


def client_of(environment):
    """Another's view of the same store."""
    return boto3.client(
        "s3", endpoint_url=environment["AWS_ENDPOINT_URL"], aws_access_key_id=KEY, aws_secret_access_key=KEY,
        region_name=environment["AWS_DEFAULT_REGION"],
    )  # fmt: skip
