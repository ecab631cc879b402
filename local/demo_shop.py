"""A web shop to try the consent window in: two pages, and one of them again under a strict content security policy.

Any widget can be tried here: ``/?widget=45&key=a-public-key-of-mine&lang=fr``.
"""

import secrets
import time
from pathlib import Path
from uuid import UUID

from flask import Flask, Response, abort, jsonify, render_template, request

from consent_core import shapes
from local.tables import Tables

DEMO_WIDGET, DEMO_KEY = "43", "demo-public-key-43"

# The parameters that `pages/` understand; everything else in a query is ignored.
_SHAPES = {"widget": shapes.WIDGET_ID, "key": shapes.KEY, "lang": shapes.CULTURE}
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}

STRICT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data:",
        "frame-src 'self'",
        "connect-src 'self' {api}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types dastra",
    )
)


def application(tables: Tables, *, api: str) -> Flask:
    """Make the shop, whose pages load the SDK from ``api``; it shows the visitor's own proofs from ``tables``."""
    folder = Path(__file__).with_name("shop")
    app = Flask("demo_shop", root_path=str(folder), static_folder="assets", template_folder="pages")
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]  # no other site's name may lead here
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600

    @app.get("/")
    def home() -> str:
        return _page("home.html", api)

    @app.get("/workshop")
    def workshop() -> str:
        return _page("workshop.html", api)

    @app.get("/strict")
    def strict() -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = STRICT_POLICY.format(nonce=nonce, api=api)
        return Response(_page("home.html", api, nonce), headers={"Content-Security-Policy": policy})

    @app.post("/proofs")
    def proofs() -> Response:
        """Return the proofs of one consent. The id is a secret of the visitor, so it is never part of an address."""
        history = tables.consents.history(_consent_id(), now=int(time.time()))
        return jsonify([stored.proof for stored in history])

    @app.after_request
    def never_cache_pages(response: Response) -> Response:
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _page(name: str, api: str, nonce: str = "") -> str:
    asked = {each: request.args.get(each, "") for each in _SHAPES}
    known = {each: value for each, value in asked.items() if _SHAPES[each].fullmatch(value)}
    widget = {"widget": DEMO_WIDGET, "key": DEMO_KEY, "lang": "", **known}
    direction = "rtl" if widget["lang"][:2] in _RIGHT_TO_LEFT else "ltr"
    return render_template(name, **widget, api=api, nonce=nonce, direction=direction, query=known)


def _consent_id() -> str:
    body = request.get_json(silent=True)
    text = body.get("consentId") if isinstance(body, dict) else None
    try:
        return str(UUID(text if isinstance(text, str) else ""))
    except ValueError:
        abort(400)
