"""A model at work elsewhere: loaded after every check, asked about rows."""
