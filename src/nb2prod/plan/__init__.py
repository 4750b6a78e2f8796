"""What each statement is for, and what becomes of it."""
