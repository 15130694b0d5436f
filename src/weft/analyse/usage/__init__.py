"""Tokens and cost: what each span took itself and with all below it, counted once."""
