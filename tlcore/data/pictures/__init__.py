"""Pictures in: from strangers' files to pixels of our own."""
