"""A dossier on one consent: the evidence that is read for it, and the claims that are made of the evidence."""
