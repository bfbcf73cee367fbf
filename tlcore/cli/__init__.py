"""The command line: each command is one call of the engine, shown as a table or as one JSON document."""
