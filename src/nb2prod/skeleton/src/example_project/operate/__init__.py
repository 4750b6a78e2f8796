"""What a model needs while it is in use; each module stands alone, state is in `models/` and in the store only."""
