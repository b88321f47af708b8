"""What keeps runs apart and leaves nothing behind: folders, environments, locks, signals."""
