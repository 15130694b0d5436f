"""What the clocks of the hosts have to do with each other, learned from traces, and times put right by it."""
