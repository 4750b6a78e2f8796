"""The ML Test Score of an emitted project, from results that ran (Breck et al. 2017, "The ML Test Score")."""

from nb2prod.score.rating import Score, rate

__all__ = ["Score", "rate"]
