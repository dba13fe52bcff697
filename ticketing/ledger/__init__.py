"""The ledger: the journal of facts, what is folded from it, and the database both stand in."""
