"""Publishing a widget: definitions, their checks, the settings made of them, and every recorded change.

No function that visitors call imports this package; tests/unit/test_imports.py holds it to that.
"""
