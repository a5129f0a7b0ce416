"""The roof: wiring only. Settings, URLs, access, middleware, system checks."""
