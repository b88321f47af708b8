"""`python -m generator` is the same as `wfgen`."""

from .cli import main

if __name__ == "__main__":
    main()
