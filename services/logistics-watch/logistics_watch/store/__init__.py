"""This service's rows. Every function takes the transaction first and never commits.

Locks are taken in this order: orders, numbers, shipments, registrations, outbox; several of a kind
in the order of their keys.
"""
