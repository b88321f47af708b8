"""Stores: one a kind of record, over one SQLite file and a folder of blobs."""
