"""The tables of returns and every query on them; every function takes the transaction first."""
