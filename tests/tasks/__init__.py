"""Celery mode: several real processes, real brokers, one database."""
