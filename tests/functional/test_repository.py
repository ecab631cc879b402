"""The tables with DynamoDB in memory."""

from tests.repository_contract import RepositoryContract


class TestInMemory(RepositoryContract):
    """Every promise, kept by moto."""
