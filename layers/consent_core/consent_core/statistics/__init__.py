"""What visitors decided, counted. Off the path of visitors' requests."""
