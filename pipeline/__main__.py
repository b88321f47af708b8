"""`python -m pipeline`."""

from pipeline.entry import main

if __name__ == "__main__":
    main()
