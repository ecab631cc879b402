"""What ships and what could be wrong with it: a bill of materials, licences, secrets, templates, vulnerabilities."""
