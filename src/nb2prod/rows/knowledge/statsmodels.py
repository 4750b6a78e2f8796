"""statsmodels: models that predict each row from its own values, given their rows where they are made."""

from __future__ import annotations

# `Model(endog, exog).fit().predict(rows)`: one number for each row, from that row and the coefficients
MODELS = frozenset({"GLM", "GLS", "Logit", "OLS", "Poisson", "Probit", "QuantReg", "RLM", "WLS"})
FITS = frozenset({"fit", "fit_regularized"})
