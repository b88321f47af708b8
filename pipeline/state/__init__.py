"""The state between runs: what is stored, how it is verified, and how pickles are read safely."""
