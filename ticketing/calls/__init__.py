"""A call, folded from its facts, and its one terminal outcome."""
