"""Training anew on rows that were kept: which rows, and the models made of them."""
