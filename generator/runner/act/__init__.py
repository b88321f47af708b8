"""act, the engine that runs the steps: what it is told, what it logs, what it cannot read."""
