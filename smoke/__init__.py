"""Check a deployed stack from outside, with a widget of its own: ``make smoke ENV=dev``. See docs/deploy.md."""
