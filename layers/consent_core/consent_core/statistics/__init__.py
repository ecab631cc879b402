"""The counting of visitors' decisions, off the path of their requests."""
