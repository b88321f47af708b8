"""Datasets and competitions of Kaggle."""
