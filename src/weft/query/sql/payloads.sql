SELECT hash, any(content) AS content FROM payloads WHERE hash IN {hashes:Array(String)} GROUP BY hash
