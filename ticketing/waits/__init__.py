"""Waits: how long they are at most, told beforehand and graded afterwards."""
