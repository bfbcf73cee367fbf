"""Records and arrays in, scores, intervals and verdicts out; knows no models."""
