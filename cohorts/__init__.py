"""The ground floor: what a cohort is, and who is in it."""
