"""CloudFront as far as the functions notice it: it adds the secret to each request and passes it on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import requests
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TIMEOUT = 120.0
_OF_THE_CONNECTION = {"connection", "content-encoding", "content-length", "transfer-encoding"}


def front_door(api: str, secret: str) -> "WSGIApplication":
    """Return an application that passes requests on to the API with the secret."""
    return passing_on(api, {"X-Origin-Verify": secret})


def passing_on(target: str, added: Mapping[str, str]) -> "WSGIApplication":
    """Return an application that passes requests on, with headers added."""

    @Request.application
    def pass_on(request: Request) -> Response:
        headers = {name: value for name, value in request.headers if name != "Host"}
        answer = requests.request(
            request.method,
            target + request.full_path,
            headers={**headers, **added},
            data=request.get_data(),
            timeout=TIMEOUT,
        )
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        return Response(answer.content, answer.status_code, kept)

    return pass_on
