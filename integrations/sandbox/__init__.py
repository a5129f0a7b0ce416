"""A local Braze: the same API, pages of its own, faults on demand."""
