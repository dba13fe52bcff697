"""The agents' shifts."""
