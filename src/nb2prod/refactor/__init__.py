"""Plan to code: the only package that imports libcst."""
