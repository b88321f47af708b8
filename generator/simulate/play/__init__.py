"""Playing a timeline: each event a real run against the local GitHub, by its clock."""
