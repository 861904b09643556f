"""Whether decisions hold when a message is typed, sent or signed otherwise, and whoever it is about."""
