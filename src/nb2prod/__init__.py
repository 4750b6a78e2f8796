"""Turn a notebook into a production project, and prove that it computes the same."""

__version__ = "0.1.0"
