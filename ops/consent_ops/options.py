"""Arguments and options that several commands share."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

DATE = "%Y-%m-%d"

Widget = Annotated[int, typer.Argument(metavar="WIDGET", min=1, show_default=False, help="A widget's id, such as 43")]
DefinitionFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, show_default=False, help="A definition, as JSON")
]
ConsentId = Annotated[
    UUID, typer.Argument(metavar="CONSENT_ID", show_default=False, help="The visitor's browser keeps it")
]
Day = Annotated[
    datetime, typer.Argument(metavar="DATE", formats=[DATE], show_default=False, help="A day in UTC: 2026-11-26")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs")]
