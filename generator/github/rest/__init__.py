"""The REST API: the framework of requests, and the table of routes by family."""
