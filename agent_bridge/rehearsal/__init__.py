"""Rehearsals: real calls by made-up citizens to made-up agents, told as they happen and counted after."""
