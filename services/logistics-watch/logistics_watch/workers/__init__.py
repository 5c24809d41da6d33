"""What becomes due: claim rows, commit; call the outside; record in a second transaction."""
