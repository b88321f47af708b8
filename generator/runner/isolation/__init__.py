"""What keeps runs apart and leaves nothing behind: folders, virtualenvs, locks, signals."""
