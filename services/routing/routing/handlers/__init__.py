"""What routing does about what it hears: message and transaction in, messages out."""
