"""Services that send and take in mail for a store: one module a vendor.

A mail that came in is read as any other mail; what a service tells of a mail of ours is believed
of the notification that our Message-ID in it names.
"""
