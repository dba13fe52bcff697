"""Text messages to citizens: what the outbox owes, sent once."""
