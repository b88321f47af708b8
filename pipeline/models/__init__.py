"""What learns: candidates, ensembles, their metrics, and who is the champion."""
