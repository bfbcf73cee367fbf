"""Pre-trained networks behind one protocol, and the store of their features."""
