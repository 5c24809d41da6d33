"""The outside world in one process: customers' mailboxes and phones, a shop, a parcel aggregator.

Vendors' servers are stood in for by their documented HTTP APIs, so that the real clients call them;
webhooks go out signed as the vendors sign them. Under `/world/…` a story makes things happen (a
customer writes, a buyer orders, a carrier scans) and reads what arrived.
"""
