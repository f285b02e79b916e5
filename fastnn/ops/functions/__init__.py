"""The public operations: they take what users give them, promote it, and call records."""
