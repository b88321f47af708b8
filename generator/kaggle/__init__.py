"""A Kaggle on this machine, made of folders: what the unmodified client talks to."""
