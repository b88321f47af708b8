"""Tables in other formats, as the bytes of a CSV file."""
