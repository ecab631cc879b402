"""API Gateway on one machine: SAM CLI's own routing and events, functions in processes instead of containers.

The classes of SAM CLI are internal ones: requirements/dev.in pins its version, and a test starts what is here.
"""
# SAM CLI carries no types.
# mypy: disable-error-code="import-untyped,misc"

import json
import logging
import re
import time
import warnings
from collections.abc import Iterable, Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flask import Flask, Request, Response, abort, jsonify, request
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.provider import Stack
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.lib.telemetry.event import EventTracker
from samcli.local.apigw.event_constructor import construct_v2_event_http
from samcli.local.apigw.exceptions import LambdaResponseParseException
from samcli.local.apigw.local_apigw_service import LocalApigwService
from samcli.local.apigw.path_converter import PathConverter
from samcli.local.apigw.route import Route

from local.functions import Functions
from local.lambda_process import FunctionError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

type Event = dict[str, Any]


def read_template(path: Path, **parameters: str) -> list[Stack]:
    """Read a template as SAM does: other ``parameters`` have their defaults, intrinsic functions are resolved."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # among SAM CLI's own libraries
        stacks: list[Stack] = SamLocalStackProvider.get_stacks(str(path), parameter_overrides=parameters)[0]
        for stack in stacks:
            _ = stack.resources  # made when they are first asked for, and kept
    return stacks


def application(stacks: list[Stack], folder: Path, functions: Functions, *, port: int, api: str = "HttpApi") -> Flask:
    """Make one API of a template that lies in ``folder``, to be served on ``port``; ``api`` is its logical id."""
    logging.getLogger("samcli").setLevel(logging.ERROR)
    # SAM CLI counts the requests that it serves for its makers, and writes into the home directory to do so.
    EventTracker.track_event = staticmethod(lambda **_event: None)
    gateway = HttpApi([_with_one_api(stack, api) for stack in stacks], folder, functions, port=port)
    gateway.create()
    app: Flask = gateway._app
    return app


def _with_one_api(stack: Stack, api: str) -> Stack:
    """Return the stack without other APIs and their functions: SAM CLI would serve all of them as one."""

    def belongs(name: str, resource: Mapping[str, Any]) -> bool:
        match resource["Type"]:
            case "AWS::Serverless::HttpApi":
                return name == api
            case "AWS::Serverless::Function":
                events = resource["Properties"].get("Events", {}).values()
                return any(event["Properties"].get("ApiId") == api for event in events)
        return True

    alone = copy(stack)
    alone._resources = {name: resource for name, resource in stack.resources.items() if belongs(name, resource)}
    return alone


class HttpApi(LocalApigwService):
    """SAM CLI's gateway, corrected where it differs from a real HTTP API."""

    def __init__(self, stacks: list[Stack], folder: Path, functions: Functions, *, port: int) -> None:
        provider = SamFunctionProvider(stacks, ignore_code_extraction_warnings=True)
        runner = LocalLambdaRunner(None, provider, cwd=str(folder), real_path=str(folder))
        super().__init__(ApiProvider(stacks, cwd=str(folder)).api, runner, port=port, host="127.0.0.1")
        self._functions = functions
        (own,) = (each for each in stacks[0].resources.values() if each["Type"] == "AWS::Serverless::HttpApi")
        self._cors = own["Properties"].get("CorsConfiguration")

    def create(self) -> None:
        super().create()
        self._app.wsgi_app = _keeping_encoded_slashes(self._app.wsgi_app)
        if self._cors:
            self._app.after_request(self._with_cors)

    def _invoke_lambda_function(self, lambda_function_name: str, event: Event, *_tenant: object) -> str:
        try:
            return json.dumps(self._functions[lambda_function_name].invoke(event))
        except FunctionError as error:
            raise LambdaResponseParseException from error  # becomes a 500

    def _generate_lambda_event(self, flask_request: Request, route: Route, method: str, endpoint: str) -> Event:
        """Pass a body that is not text on as base64: SAM CLI would fail to decode it."""
        now = time.time()
        event: Event = construct_v2_event_http(
            flask_request,
            self.port,
            binary_types=[] if _is_text(flask_request.get_data()) else ["*/*"],
            stage_name=self.api.stage_name,
            stage_variables=self.api.stage_variables,
            route_key=self._v2_route_key(
                method, PathConverter.convert_path_to_api_gateway(endpoint), route.is_default_route
            ),
            request_time_epoch=int(now * 1000),
            request_time=time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        )
        event["rawPath"] = flask_request.environ["REQUEST_URI"].partition("?")[
            0
        ]  # as the template's SettingsPaths sees it
        event["pathParameters"] = {name: unquote(value) for name, value in event["pathParameters"].items()}
        return event

    def _get_current_route(self, flask_request: Request) -> Route:
        """Refuse HEAD where the template has no route for it: Flask admits it to every GET route."""
        try:
            return super()._get_current_route(flask_request)
        except KeyError:
            abort(404)

    def _construct_error_handling(self) -> None:
        for status in (404, 405):
            self._app.register_error_handler(status, lambda _error: (jsonify(message="Not Found"), 404))
        self._app.register_error_handler(500, lambda _error: (jsonify(message="Internal Server Error"), 500))

    def _with_cors(self, response: Response) -> Response:
        """Answer a preflight with 204; let any page read any other answer, without the headers of a preflight."""
        if request.method == "OPTIONS" and response.status_code == 200:
            response.status_code = 204
        elif "Origin" in request.headers:
            for name in ("Allow-Methods", "Allow-Headers", "Max-Age"):
                del response.headers[f"Access-Control-{name}"]
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = ",".join(self._cors["ExposeHeaders"])
        return response


def _keeping_encoded_slashes(application: "WSGIApplication") -> "WSGIApplication":
    """Find the route before ``%2F`` becomes a slash, as API Gateway does: it may be part of a parameter."""

    def wsgi(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("REQUEST_URI", "").partition("?")[0]
        kept = re.sub("%2f", "%252F", path, flags=re.IGNORECASE)
        if kept != path:
            environ["PATH_INFO"] = unquote(kept, "latin-1")
        return application(environ, start_response)

    return wsgi


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
