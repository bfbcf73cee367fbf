"""One small class a file; `tlcore.training.catalogue` lists them."""
