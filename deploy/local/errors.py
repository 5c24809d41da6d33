"""The one way in which this package fails: with a sentence that names what to do."""


class CannotStart(Exception):
    """Something this machine lacks or something in the way; the text says what to do about it."""
