"""The shared layer: the code that the functions, the local stack and the operators' command line have in common.

A module imports only modules that stand before it in this list (tests/unit/test_imports.py enforces it):

    vocabulary   errors dates shapes origins catalogue access
    html         markup built_in_texts durations first_screen declaration
    runtime      startup environment observability http
    stores       items aws edge dynamodb widget_table consent_table
    collecting   personal_data decisions proofs canonical receipts
    archive      objects batches integrity athena
    dossier      claims evidence
    publishing   texts allow_list fields policies known_services definitions contrast policy_lint lint rendering
                 widgets changes

The last three are packages, and no module above them imports from one. Functions that visitors call load none of the
packages, and not pydantic, which only ``publishing`` imports.
"""

from consent_core import startup

startup.begin()
