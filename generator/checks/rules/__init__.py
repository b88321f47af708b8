"""Rules of our own, one a file; `checks.registry` lists them."""
