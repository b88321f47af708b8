"""The jobs of a run: which start, when, with what, and what comes of them."""
