"""The operators' command line: ``consent-ops --help``."""
