"""Watches parcels and raises the alarm before the customer has to ask."""
