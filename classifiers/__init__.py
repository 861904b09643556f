"""Text and facts in; calibrated probabilities, evidence and "unsure" out; no IMAP, SQL or offices."""
