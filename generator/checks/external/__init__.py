"""Programs that check workflow files, one a file; `checks.registry` lists them."""
