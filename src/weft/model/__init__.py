"""The shared nouns: spans, traces, attribute keys. Standard library only; imports nothing of Weft."""
