"""A tracked trial trained again from its record: what the record says, and what the comparison says of it."""
