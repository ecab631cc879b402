"""The shared layer: all that the functions, the local stack and the operators' command line have in common.

Imports point one way. From the bottom up: ``startup``, ``aws``, ``errors``, ``settings`` · ``observability``,
``origins``, ``catalogue`` · ``tables``, ``http`` · ``decisions``, ``proofs`` · ``allow_list``, ``texts``,
``definitions`` · ``publishing``.
Only ``decisions`` and what publishes know pydantic; the settings function reaches neither.
"""

from consent_core import startup

startup.begin()
