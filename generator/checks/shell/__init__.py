"""`run:` scripts as typed records: commands, and what becomes of their failures."""
