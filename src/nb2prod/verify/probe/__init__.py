"""What verify sends into the other interpreter: standard library only, Python 3.7 on, nothing of nb2prod."""
