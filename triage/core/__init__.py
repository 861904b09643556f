"""The functional core: pure functions and frozen records; no I/O, clock, randomness, environment or logging."""
