"""Files in, checked and stored datasets out."""
