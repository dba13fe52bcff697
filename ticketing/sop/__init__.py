"""The procedure being carried out: its steps, and how long each took."""
