"""Ways to get a classifier out of an encoder and labelled items."""
