"""What the local GitHub keeps: one store a kind of record, over one SQLite file and a folder of blobs."""
