"""EDGE: the text of attached letters, read in a process that can open neither files nor connections."""
