"""One list out of what many found, without what nobody wants to hear."""
