"""Loops: what is done again and again."""
