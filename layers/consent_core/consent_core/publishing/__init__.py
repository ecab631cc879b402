"""The publication of widgets: definitions, their checks, the settings made from them, and recorded changes.

No function that visitors call imports this package; tests/unit/test_imports.py enforces it.
"""
