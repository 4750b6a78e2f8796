"""`python -m nb2prod`."""

from nb2prod.start import main

main()
