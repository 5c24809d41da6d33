"""`python -m returns`."""

from returns import cli

if __name__ == "__main__":
    cli.main()
