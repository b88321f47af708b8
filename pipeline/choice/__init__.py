"""Who predicts: baselines, the choice of a champion, and the gate before it is stored."""
