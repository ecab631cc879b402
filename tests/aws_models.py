"""AWS's descriptions of its services, read once for all tests.

Each session of botocore's reads them anew, as each Lambda process does: a tenth of a second for DynamoDB. A handler
that is loaded for one test makes a session of its own, and so does each client of the layer's.
"""

from functools import cache

import botocore.session


def share() -> None:
    """Let all sessions of this process have one loader for each search path, as all clients of a session do."""
    vars(botocore.session)["create_loader"] = cache(botocore.session.create_loader)
