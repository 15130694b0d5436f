"""A program that calls ``weft.init`` itself: ``python named.py ENDPOINT``."""

import sys

import weft

weft.init("named by itself", endpoint=sys.argv[1])
with weft.agent("a"):
    pass
