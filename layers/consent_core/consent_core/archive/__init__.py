"""The archive of proofs in S3: its objects, the batches that are archived, its integrity, and Athena queries."""
