"""One kind of check a module; each yields findings."""
