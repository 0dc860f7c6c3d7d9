"""`python -m aivoicecaller` is the command line."""

from .cli import main

main()
