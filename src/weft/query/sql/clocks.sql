-- What was last learned of the clocks of hosts.
SELECT state FROM clocks ORDER BY learned DESC LIMIT 1
