"""Kills the running service at any step, starts it again, and looks from outside at what became of the mail."""
