"""Where failures begin: what failed, what came up from below, what was made good, and whom to blame."""
