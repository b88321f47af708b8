"""`python -m` with the name that this package has where it is."""

from .cli.fast_path import main

if __name__ == "__main__":
    main()
