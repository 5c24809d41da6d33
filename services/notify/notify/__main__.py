"""`python -m notify`."""

from notify import cli

if __name__ == "__main__":
    cli.main()
