"""The archive of proofs in S3: its objects, what becomes of stored proofs, its integrity, and questions to Athena."""
