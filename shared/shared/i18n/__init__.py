"""What a customer's words and addresses tell: language, country, time zone."""
