"""A local mail server and the page that shows what it received. For demo use."""
