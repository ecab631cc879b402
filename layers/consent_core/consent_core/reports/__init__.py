"""Pages about consents and visitors' decisions, for the command line's files and for the console.

They need Jinja2, which the layer does not have: the command line and the console's layer bring it along.
"""
