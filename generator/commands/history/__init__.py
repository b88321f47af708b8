"""Commands that look at what earlier runs left here."""
