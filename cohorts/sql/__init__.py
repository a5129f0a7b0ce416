"""Turns a definition into one SQL expression."""
