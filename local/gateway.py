"""API Gateway on one machine: SAM CLI's own routing and events, our handlers in this process instead of a container.

The classes of SAM CLI are internal ones: requirements/dev.in pins its version, and a test starts what is here.
"""
# SAM CLI carries no types.
# mypy: disable-error-code="import-untyped,misc"

import json
import logging
import os
import re
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

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
from samcli.local.lambdafn.config import FunctionConfig

from local.modules import load_module

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

type Event = dict[str, Any]
type Handler = Callable[[Event, "Context"], object]


# --- Lambda -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about its invocation."""

    function_name: str
    memory_limit_in_mb: int
    deadline: float
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:local:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.deadline - time.monotonic()) * 1000)


class Function:
    """A function of the template in this process: one execution environment, so one request at a time, as in Lambda."""

    def __init__(self, config: FunctionConfig) -> None:
        self._config = config
        self._one_at_a_time = Lock()
        with _environment(config.env_vars.resolve()):
            self._handler = _import_handler(config)

    def __call__(self, event: Event) -> object:
        config = self._config
        with self._one_at_a_time:
            return self._handler(event, Context(config.name, config.memory, time.monotonic() + config.timeout))


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Exactly these variables, as a function has no others: one that the template forgot is missed here, too."""
    ours = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(ours)


def _import_handler(config: FunctionConfig) -> Handler:
    module_name, _, handler_name = config.handler.rpartition(".")
    path = Path(config.code_abs_path, module_name.replace(".", "/")).with_suffix(".py")
    handler: Handler = getattr(load_module(f"{config.name}.{module_name}", path), handler_name)
    return handler


# --- API Gateway ------------------------------------------------------------------------------------------------------


def read_template(path: Path) -> list[Stack]:
    """Read a template as SAM does: parameters have their defaults, intrinsic functions are resolved."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # among SAM CLI's own libraries
        stacks: list[Stack] = SamLocalStackProvider.get_stacks(str(path))[0]
        for stack in stacks:
            _ = stack.resources  # made when they are first asked for, and kept
    return stacks


def application(stacks: list[Stack], folder: Path, *, port: int, api: str = "HttpApi") -> Flask:
    """Make one API of a template that lies in ``folder``, to be served on ``port``; ``api`` is its logical id.

    Each function gets the environment that SAM resolves for it: as in ``sam local``, a variable that the template
    declares takes its value from this process's environment if it is there.
    """
    logging.getLogger("samcli").setLevel(logging.ERROR)
    # SAM CLI counts the requests that it serves for its makers, and writes into the home directory to do so.
    EventTracker.track_event = staticmethod(lambda **_event: None)
    gateway = HttpApi([_with_one_api(stack, api) for stack in stacks], folder, port=port)
    gateway.create()
    app: Flask = gateway._app
    return app


def function(stacks: list[Stack], folder: Path, name: str) -> Function:
    """Load one function of a template that lies in ``folder``, by its logical id."""
    provider = SamFunctionProvider(stacks, ignore_code_extraction_warnings=True)
    runner = LocalLambdaRunner(None, provider, cwd=str(folder), real_path=str(folder))
    return Function(runner.get_invoke_config(provider.get(name)))


def _with_one_api(stack: Stack, api: str) -> Stack:
    """Leave other APIs and their functions out: SAM CLI would serve all of them as one."""

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
    """SAM CLI's gateway where it is right; where it differs from a real HTTP API, what a real one does."""

    def __init__(self, stacks: list[Stack], folder: Path, *, port: int) -> None:
        provider = SamFunctionProvider(stacks, ignore_code_extraction_warnings=True)
        runner = LocalLambdaRunner(None, provider, cwd=str(folder), real_path=str(folder))
        super().__init__(ApiProvider(stacks, cwd=str(folder)).api, runner, port=port, host="127.0.0.1")
        self._functions = {each.full_path: Function(runner.get_invoke_config(each)) for each in provider.get_all()}
        (own,) = (each for each in stacks[0].resources.values() if each["Type"] == "AWS::Serverless::HttpApi")
        self._cors = own["Properties"].get("CorsConfiguration")

    def create(self) -> None:
        super().create()
        self._app.wsgi_app = _keeping_encoded_slashes(self._app.wsgi_app)
        if self._cors:
            self._app.after_request(self._with_cors)

    def _invoke_lambda_function(self, lambda_function_name: str, event: Event, *_tenant: object) -> str:
        try:
            return json.dumps(self._functions[lambda_function_name](event))
        except Exception as error:
            traceback.print_exc()
            raise LambdaResponseParseException from error  # becomes a 500

    def _generate_lambda_event(self, flask_request: Request, route: Route, method: str, endpoint: str) -> Event:
        """Pass a body that is no text on as base64; SAM CLI would fail to decode it."""
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
        """Answer a preflight with 204; let any page read any other answer, and send nothing more."""
        if request.method == "OPTIONS" and response.status_code == 200:
            response.status_code = 204
        elif "Origin" in request.headers:
            for name in ("Allow-Methods", "Allow-Headers", "Max-Age"):
                del response.headers[f"Access-Control-{name}"]
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = ",".join(self._cors["ExposeHeaders"])
        return response


def _keeping_encoded_slashes(application: "WSGIApplication") -> "WSGIApplication":
    """Find the route before ``%2F`` is a slash, as API Gateway does: it may be part of a parameter."""

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
