"""Start the stack on this machine: ``make run``, or ``make aws`` for the embedded AWS alone."""

import argparse
import gc
import os
import signal
import socket
import sys
from contextlib import ExitStack, redirect_stdout
from threading import Event

from local import ROOT
from local.console import FunctionLog
from local.serving import PortError, address, listen, serving

AWS_PORT = 4566
PATIENCE = 20  # seconds that a function waits for the embedded AWS
LOOK = 0.5  # seconds: where a thread that serves gets the signal, nobody wakes the one that waits
SITES = {"API_PORT": 3000, "ADMIN_PORT": 3001, "SHOP_PORT": 8080}

WHOLE_STACK = """
The consent platform runs on this machine.

  Shop     {shop}   try the consent window here
  API      {api}
  Admin    {admin}   for operators: nobody is asked who they are
  AWS      {aws}   DynamoDB, S3 and CloudFront, empty at each start
  Widgets  43  key demo-public-key-43, in developer mode: every page on localhost may use it
           44  key demo-public-key-44, for https://shop.example alone

Decide, as a visitor of the shop would:

  curl -i '{api}/v1/client/collect/43?key=demo-public-key-43' \\
    -H 'Origin: {shop}' -H 'Content-Type: application/json' \\
    -d '{{"type": "Consents", "consents": {{"lang": "en", "purposes": {{"Analytical": true}}}}}}'

Look the proof up, by the consentId of the answer:

  make lookup CONSENT_ID=…{aws_port}

Ctrl-C stops everything. What the functions log follows.
"""

AWS_ALONE = """
The embedded AWS runs on this machine: the template's tables and bucket, and the widgets 43 and 44, new at each start.

  here              {aws}
  from a container  http://host.docker.internal:{port}   with AWS_HOST=0.0.0.0, see docs/local.md

Ctrl-C stops it.
"""


def main() -> None:
    """Run until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--aws-only", action="store_true", help="start the embedded AWS alone, on AWS_HOST")
    options = parser.parse_args()
    stopped = stop_event()
    try:
        with ExitStack() as running:
            aws = running.enter_context(listen("AWS_PORT", AWS_PORT, host=os.environ.get("AWS_HOST") or "127.0.0.1"))
            ports = {} if options.aws_only else SITES
            sites = [running.enter_context(listen(variable, default)) for variable, default in ports.items()]
            gc.disable()  # what is imported stays: to look for garbage in it takes a seventh of the time
            start(running, aws, sites)
            gc.freeze()
            gc.enable()
            while not stopped.wait(LOOK):
                pass
    except PortError as error:
        sys.exit(str(error))


def stop_event() -> Event:
    """Give the event that Ctrl-C and SIGTERM set; they also end at once what is still starting."""
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()  # should the exception be lost, as in a finaliser
        sys.exit()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def start(running: ExitStack, aws: socket.socket, sites: list[socket.socket]) -> None:
    """Serve the embedded AWS on ``aws`` and, if they are wanted, both APIs and the shop on ``sites``; then say so."""
    _stay_on_this_machine(address(aws))
    # Imported here, for it takes two seconds: a port that is taken is told at once.
    from local import demo_shop, embedded_aws, gateway, log_groups, streams

    template = gateway.read_template(ROOT / "template.yaml")
    writes = embedded_aws.Writes()
    running.enter_context(serving(aws, embedded_aws.application(writes)))
    tables = embedded_aws.fill(template[0].resources)
    os.environ["ARCHIVE_BUCKET"] = embedded_aws.create_bucket(template[0].resources)
    os.environ["DISTRIBUTION_ID"] = embedded_aws.create_distribution()
    os.environ["ATHENA_WORKGROUP"] = ""  # moto's reads nothing
    port = aws.getsockname()[1]
    if not sites:
        print(AWS_ALONE.format(aws=address(aws), port=port), flush=True)
        return
    api, admin, shop = sites
    terminal = sys.stdout
    kept = running.enter_context(log_groups.keeping(template[0].resources))
    running.enter_context(redirect_stdout(FunctionLog(sys.stderr, kept.keep)))
    for mapped in streams.mappings(template[0].resources):
        function = gateway.function(template, ROOT, mapped.function)
        running.enter_context(streams.delivering(mapped, function, writes))
    for listener, name in ((api, "HttpApi"), (admin, "AdminApi")):
        served = gateway.application(template, ROOT, port=listener.getsockname()[1], api=name)
        running.enter_context(serving(listener, served))
    running.enter_context(serving(shop, demo_shop.application(tables, api=address(api))))
    places = {"api": address(api), "admin": address(admin), "aws": address(aws)}
    places["shop"] = address(shop).replace("127.0.0.1", "localhost")
    aws_port = "" if port == AWS_PORT else f" AWS_PORT={port}"
    print(WHOLE_STACK.format(**places, aws_port=aws_port), file=terminal, flush=True)


def _stay_on_this_machine(aws: str) -> None:
    """Let the AWS clients of this process find the embedded AWS, and nothing of the developer's own account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL_DYNAMODB=aws,
        AWS_ENDPOINT_URL_DYNAMODB_STREAMS=aws,
        AWS_ENDPOINT_URL_CLOUDFRONT=aws,
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=aws,
        AWS_ENDPOINT_URL_S3=aws,
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - moto takes anything
        AWS_DEFAULT_REGION="us-east-1",
        STORE_TIMEOUT_SECONDS=str(PATIENCE),
    )


if __name__ == "__main__":
    main()
