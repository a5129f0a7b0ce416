"""How Braze is spoken to: clusters, client, destination. No Django models."""
