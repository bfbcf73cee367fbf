"""The encoders there are. Reading the catalogue imports no torch; loading an encoder does."""
