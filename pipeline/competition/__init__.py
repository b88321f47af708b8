"""Predictions in the shape that a competition of Kaggle asks for, and handing them in."""
