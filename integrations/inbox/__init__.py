"""A local mail inbox for the demo: a real SMTP server, and pages that show what arrived."""
