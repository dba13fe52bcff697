"""Persons: found by a blind index, sealed under their own keys, shown masked."""
