"""Carries a return from request to refund, by the law of the buyer's country."""
