"""The `weft` command: thin commands, each in its own file."""
