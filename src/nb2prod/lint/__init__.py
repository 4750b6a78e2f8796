"""Findings about notebooks."""
