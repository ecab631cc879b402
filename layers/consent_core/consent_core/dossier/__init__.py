"""The dossier of a consent: the evidence that is read for it, and the claims that are made from the evidence."""
