"""Tests of nb2prod.unfold."""
