"""The console: pages for owners, privacy officers and operators. No function that visitors call loads it."""
