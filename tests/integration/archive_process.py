"""An execution environment of consent_archive: a process that can be killed. Forked from one that has imported all."""

import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing.connection import Connection

import boto3
from botocore.config import Config

from consent_core.archive import objects
from tests.handlers import LambdaContext, load_handler

boto3.client("s3", "eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")  # what takes long, taken once


def serve(requests: Connection, environment: Mapping[str, str], timeout: float) -> None:
    """Answer one event after the other until the last. S3 has ``timeout`` seconds for each answer."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)
    vars(objects)["_CLIENT"] = vars(objects)["_CLIENT"].merge(Config(read_timeout=timeout))
    with redirect_stdout(StringIO()):
        handler = load_handler("consent_archive").handler
        while True:
            try:
                event = requests.recv()
            except EOFError:
                return
            requests.send(handler(event, LambdaContext()))
