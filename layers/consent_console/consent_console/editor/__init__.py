"""The pages of owners. Each module has the routes of some pages, and calls the layer's functions for what they do."""
