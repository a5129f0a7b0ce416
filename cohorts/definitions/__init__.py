"""What an analyst can say about users, as a frozen tree: parse it, check it, put it in words."""
