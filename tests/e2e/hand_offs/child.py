"""A command-line agent that begins late, and says how late it was and when it began: `child.py SECONDS`."""

import sys
import time
from time import time_ns

import weft

weft.init("cli")
came_ns = time_ns()
time.sleep(float(sys.argv[1]))
late_ns = time_ns() - came_ns
with weft.agent("helper"):
    begins_ns = time_ns()
print(late_ns, begins_ns)
