"""Opaque bodies on disk: in order, bounded, safe against a crash. Standard library only."""
