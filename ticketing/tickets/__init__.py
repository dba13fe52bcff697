"""The ticket: its number, its state, and the office's calendar."""
