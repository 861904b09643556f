"""Reports for people: what would be undone, what shadow mode would have done."""
