"""The upper floor: bringing members to Braze, on time, with a record."""
