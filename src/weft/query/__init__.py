"""Read verbs over SQL files: the only way to ask the store."""
