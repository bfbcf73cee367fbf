"""Finished models: predict, save, load."""
