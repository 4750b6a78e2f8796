"""Made from a notebook by nb2prod; HANDOFF.md says what is proven and what is not."""
