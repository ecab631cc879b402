"""Clients of AWS's services.

Botocore makes them by itself. boto3 around it adds nothing that is used here, and loads what S3's transfers need: a
tenth of a cold start.
"""

from typing import Any

from botocore.config import Config
from botocore.session import get_session


def client(service: str, config: Config) -> Any:  # noqa: ANN401 - botocore makes each client's class when it is asked for
    """Make a client; region, credentials and endpoint are the environment's.

    What it calls must be in ``aws_operations``: the built layer knows nothing else.
    """
    return get_session().create_client(service, config=config)
