"""The real broker, the real database and all services as processes of one machine.

Nothing has to be installed beforehand: Java and PostgreSQL come as wheels, Kafka as jars.
Everything listens on loopback only, is meant for work and tests, and ends with its starter.
"""
