"""Lists of what ships, and scans of what could be wrong: packages, licences, secrets, templates, vulnerabilities."""
