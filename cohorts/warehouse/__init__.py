"""Where events live and how they are read: one module per engine. No Django models."""
