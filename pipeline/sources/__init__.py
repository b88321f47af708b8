"""Where rows come from.

A source answers "what is new since this cursor" without reading again what was trained
on.
"""
