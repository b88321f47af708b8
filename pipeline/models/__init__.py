"""What is trained: candidates, ensembles, their metrics, and the choice of a champion."""
