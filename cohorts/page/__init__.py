"""What the page of one cohort shows."""
