"""GraphQL, as far as gh asks for issues, releases and the repository through it."""
