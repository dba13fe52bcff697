"""Peristiwa: one cause that many citizens call about, told to all of them and answered once for all."""
