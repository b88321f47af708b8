"""From columns to matrices: types, encodings, and what is suspicious about them."""
