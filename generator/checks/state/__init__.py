"""What a workflow does with state: restores, saves, producers, pushes, with their places."""
