"""Where rows come from; each source answers "what is new since this cursor" without reading again what was learnt."""
