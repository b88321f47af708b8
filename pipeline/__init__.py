"""Incremental training whose state survives a kill at any instant."""
