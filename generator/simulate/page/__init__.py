"""The timeline page: what a simulation did, as one HTML file that needs nothing else."""
