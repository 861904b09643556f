"""The demo: the real service on sample mail, with mail servers of its own on loopback ports."""
