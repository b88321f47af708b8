"""GraphQL, as far as gh asks through it [docs.github.com/graphql]."""
