"""How cells are read: what counts as missing, kinds of columns, styles of numbers, dates."""
