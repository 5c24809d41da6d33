"""The words: one Jinja template a kind of notice, and their translations."""
