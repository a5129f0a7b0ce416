"""How a definition is said in SQL. Pure: the instant and the zone come in as arguments."""
