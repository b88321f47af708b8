"""REST: what its operations share. The operations are in the packages below, by family."""
