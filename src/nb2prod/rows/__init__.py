"""What each value of a notebook is with respect to the raw rows it reads."""
