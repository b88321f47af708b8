"""Finding tables: in folders, by globs, and in archives."""
