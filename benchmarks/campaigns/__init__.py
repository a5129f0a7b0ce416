"""What the campaigns share: a world to break, a Braze in memory, the table at the end."""
