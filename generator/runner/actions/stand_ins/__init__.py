"""The stand-ins themselves: programs of the standard library alone, run by act."""
