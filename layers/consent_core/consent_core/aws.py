"""Clients of AWS's services.

Botocore makes them by itself. boto3 around it adds nothing that is used here, and loads what S3's transfers need: a
tenth of a cold start.
"""

from typing import Any

from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.session import Session


def client(service: str, config: Config) -> Any:  # noqa: ANN401 - botocore makes each client's class when it is asked for
    """Make a client; region, credentials and endpoint are the environment's.

    What it calls must be in ``aws_operations``: the built layer knows nothing else.
    """
    return session_for(service).create_client(service, config=config)


def session_for(service: str) -> Session:
    """Make a session that has botocore's own handlers for this service and not the hundred for others.

    To register those takes a twentieth of a cold start.
    """
    session = Session(include_builtin_handlers=False)
    events = session.get_component("event_emitter")
    register = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for event, handler, *order in BUILTIN_HANDLERS:
        if _concerns(event, service):
            register.get(order[0] if order else None, events.register)(event, handler)
    return session


def _concerns(event: str, service: str) -> bool:
    """An event is named ``what``, ``what.service`` or ``what.service.operation``; documentation concerns nobody."""
    what, _, rest = event.partition(".")
    return what != "docs" and rest.partition(".")[0] in {"", "*", service}
