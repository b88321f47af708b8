"""What in a repository could be its training: commands, each with where it was found."""
