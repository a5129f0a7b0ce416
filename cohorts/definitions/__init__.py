"""What an analyst can say about people. Pure: no Django, no SQL, no clock."""
