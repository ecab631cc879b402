"""Start the stack on this machine: ``make run``, or ``make aws`` for the embedded AWS alone."""

import argparse
import gc
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

from local import ROOT, layer
from local.console import FunctionLog
from local.edge import PlaceError, add_location, chosen_place
from local.layer import LayerError
from local.serving import PortError, address, listen, serving

if TYPE_CHECKING:
    from samcli.lib.providers.provider import Stack

    from local.functions import Functions
    from local.tables import Tables

AWS_PORT = 4566
STORE_TIMEOUT = "20"  # seconds that a function waits for the embedded AWS, which shares the machine with all the rest
AUDIT_KEY = "local"  # the command line knows it, too
WAKE = 0.5  # seconds: a signal that another thread receives does not wake the main one
SITES = {"API_PORT": 3000, "ADMIN_PORT": 3001, "SHOP_PORT": 8080, "CONSOLE_PORT": 3002, "SIGN_IN_PORT": 3003}

WHOLE_STACK = """
The consent platform runs on this machine.

  Shop     {shop}   try the consent window here
  API      {api}
  Admin    {admin}   for operators (no authentication locally)
  Console  {console}   for owners and privacy officers; its sign-in has no password here
  AWS      {aws}   DynamoDB, S3 and CloudFront, empty at each start
  Widgets  43  key demo-public-key-43, in developer mode: every page on localhost may use it
           44  key demo-public-key-44, for https://shop.example alone

Decide, as a visitor of the shop would:

  curl -i '{api}/v1/client/collect/43?key=demo-public-key-43' \\
    -H 'Origin: {shop}' -H 'Content-Type: application/json' \\
    -d '{{"type": "Consents", "consents": {{"lang": "en", "purposes": {{"Analytical": true}}}}}}'

Look the proof up, by the consentId of the answer:

  make lookup CONSENT_ID=…{aws_port}

Ctrl-C stops everything. Function logs:
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
            place = chosen_place()
            gc.disable()  # what is imported stays: to look for garbage in it takes a seventh of the time
            start(running, aws, sites, place)
            gc.freeze()
            gc.enable()
            while not stopped.wait(WAKE):
                pass
    except (LayerError, PlaceError, PortError) as error:
        sys.exit(str(error))


def stop_event() -> Event:
    """Return the event that Ctrl-C and SIGTERM set; they also end at once what is still starting."""
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()  # should the exception be lost, as in a finaliser
        sys.exit()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def start(running: ExitStack, aws: socket.socket, sites: list[socket.socket], place: str | None) -> None:
    """Serve the embedded AWS on ``aws`` and, if they are wanted, APIs, shop and sign-in on ``sites``; then say so.

    ``place`` is the one that settings say their visitor is in.
    """
    _stay_on_this_machine(address(aws))
    # Imported here, for it takes two seconds: a port that is taken is reported at once.
    from consent_core.archive.objects import Archive, connect
    from local import demo_data, embedded_aws, gateway, sign_in, streams

    template = gateway.read_template(ROOT / "template.yaml", Console="oidc")
    resources = template[0].resources
    writes = embedded_aws.Writes()
    running.enter_context(serving(aws, embedded_aws.application(writes)))
    tables = embedded_aws.fill(resources)
    variables = {
        "ARCHIVE_BUCKET": embedded_aws.create_bucket(resources),
        "DISTRIBUTION_ID": embedded_aws.create_distribution(),
        "AUDIT_KEY": AUDIT_KEY,
        "ATHENA_WORKGROUP": "",  # moto's Athena does not execute queries
        "STORE_TIMEOUT_SECONDS": STORE_TIMEOUT,
        "ORIGIN_VERIFY": "off",  # no CloudFront stands in front
    }
    if not sites:
        print(AWS_ALONE.format(aws=address(aws), port=aws.getsockname()[1]), flush=True)
        return
    console, issuer = map(address, sites[3:])
    embedded_aws.create_parameter(resources, sign_in.parameter(issuer, console))
    demo_data.seed(tables, Archive(connect(), bucket=variables["ARCHIVE_BUCKET"]), now=datetime.now(UTC))
    functions = _functions(running, template, variables)
    for mapping in streams.mappings(resources):
        running.enter_context(streams.delivering(mapping, functions[mapping.function].invoke, writes))
    _serve_sites(running, template, functions, tables, sites, place)
    _print_banner(aws, *sites)


def _functions(running: ExitStack, template: "list[Stack]", variables: Mapping[str, str]) -> "Functions":
    """Prepare the functions, which start when they are first invoked."""
    from local import log_groups
    from local.functions import Functions

    kept = running.enter_context(log_groups.keeping(template[0].resources))
    log = FunctionLog(sys.stderr, kept.keep)
    further = {"ConsoleLayer": layer.built(layer.CONSOLE)}
    made = Functions(template, ROOT, layer.built(), further=further, variables=variables, log=log.write)
    return running.enter_context(made)


def _serve_sites(
    running: ExitStack,
    template: "list[Stack]",
    functions: "Functions",
    tables: "Tables",
    sites: list[socket.socket],
    place: str | None,
) -> None:
    from local import demo_shop, gateway, sign_in

    api, admin, shop, console, issuer = sites
    for listener, name in ((api, "HttpApi"), (admin, "AdminApi"), (console, "ConsoleApi")):
        served = gateway.application(template, ROOT, functions, port=listener.getsockname()[1], api=name)
        if place and name == "HttpApi":
            add_location(served, place)
        running.enter_context(serving(listener, served))
    running.enter_context(serving(shop, demo_shop.application(tables, api=address(api))))
    running.enter_context(serving(issuer, sign_in.application(address(issuer))))


def _print_banner(aws: socket.socket, api: socket.socket, admin: socket.socket, *others: socket.socket) -> None:
    shop, console, _sign_in = others
    addresses = {"api": address(api), "admin": address(admin), "console": address(console), "aws": address(aws)}
    addresses["shop"] = address(shop).replace("127.0.0.1", "localhost")
    port = aws.getsockname()[1]
    aws_port = "" if port == AWS_PORT else f" AWS_PORT={port}"
    print(WHOLE_STACK.format(**addresses, aws_port=aws_port), flush=True)


def _stay_on_this_machine(aws: str) -> None:
    """Point all AWS clients, of this process and of the functions, to the embedded AWS and no other account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL_DYNAMODB=aws,
        AWS_ENDPOINT_URL_DYNAMODB_STREAMS=aws,
        AWS_ENDPOINT_URL_CLOUDFRONT=aws,
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=aws,
        AWS_ENDPOINT_URL_S3=aws,
        AWS_ENDPOINT_URL_SECRETS_MANAGER=aws,
        AWS_ENDPOINT_URL_SSM=aws,
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - moto accepts anything
        AWS_DEFAULT_REGION="us-east-1",
    )


if __name__ == "__main__":
    main()
